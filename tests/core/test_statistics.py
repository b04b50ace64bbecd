"""Statistics and ledger are exact at every instant, not only at the end."""

from contextlib import suppress
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from exeunt import Agent, Handle, Request, State, Statistics, start_soon
from exeunt.exceptions import AgentClosed, AgentCrashed, MailboxFull, Refusal


class Work(Request[None], linked=True):
    def __init__(self, number: int) -> None:
        self.number = number


class Worker(Agent[Work]):
    """Ends each turn in another way, and counts what it starts."""

    def __init__(self, started: list[Work], last: BaseException | None) -> None:
        self.started = started
        self.last = last

    async def handle(self, message: Work) -> None:
        self.started.append(message)
        match message.number % 5:
            case 0:
                await trio.sleep(1)
            case 1:
                raise Refusal
            case 2:
                await trio.sleep(3)
        if message.number == 19 and self.last is not None:
            raise self.last


class Auditor(trio.abc.Instrument):
    """After each step of any task, holds an agent's figures against its own count."""

    def __init__(self, worker: Handle[Work], started: list[Work]) -> None:
        self.worker = worker
        self.started = started
        self.begun = self.accepted = 0  # what senders know for certain
        self.figures = [worker.statistics()]
        self.mistakes: list[str] = []

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        before, now = self.figures[-1], self.worker.statistics()
        if now != before:
            self.figures.append(now)
        for claim, holds in self.claims(before, now).items():
            if not holds:  # an instrument that raises is switched off
                self.mistakes.append(f"{claim}: {before}, then {now}")

    def claims(self, before: Statistics, now: Statistics) -> dict[str, bool]:
        ledger, waits = now.ledger, now.waiting
        begun = ledger.handled + ledger.failed + ledger.interrupted
        on_stage = now.handling is not None
        return {
            "all is accounted for": ledger.accepted
            == ledger.settled + waits + on_stage,
            "no turn is forgotten": begun + on_stage == len(self.started),
            "senders tell the same": self.accepted <= ledger.accepted <= self.begun,
            "the mailbox keeps its bounds": waits <= now.capacity + 1,
            "nothing is taken back": before.ledger.accepted <= ledger.accepted
            and before.ledger.settled <= ledger.settled,
        }


async def bring(auditor: Auditor, way: str, work: Work) -> None:
    worker = auditor.worker
    auditor.begun += 1
    try:
        match way:
            case "send_nowait":
                worker.send_nowait(work)
            case "send":
                await worker.send(work)
            case "ask":
                with trio.move_on_after(2):
                    await worker.ask(work)
    except (MailboxFull, AgentClosed, AgentCrashed, Refusal):
        return
    if way != "ask":
        auditor.accepted += 1


@pytest.mark.parametrize("capacity", [0, 1, 3])
@pytest.mark.parametrize("end", ["stop", "cancel", "crash", "kill"])
async def test_the_figures_are_exact_after_each_step(
    capacity: int, end: str, autojump_clock: MockClock
) -> None:
    started: list[Work] = []
    last = {"crash": ValueError(), "kill": KeyboardInterrupt()}.get(end)
    with suppress(BaseExceptionGroup):
        async with trio.open_nursery() as nursery, trio.open_nursery() as senders:
            worker: Handle[Any] = start_soon(
                nursery, Worker, started, last, capacity=capacity
            )
            auditor = Auditor(worker, started)
            trio.lowlevel.add_instrument(auditor)
            for number in range(20):
                # Sent messages must not refuse: that would be a crash.
                ways = ["ask"] if number % 5 == 1 else ["ask", "send", "send_nowait"]
                way = ways[number % len(ways)]
                senders.start_soon(bring, auditor, way, Work(number))
                await trio.sleep(0.5)
            if end in ("stop", "cancel"):
                getattr(worker, end)()
            await worker.wait_closed()
    trio.lowlevel.remove_instrument(auditor)

    assert auditor.mistakes == []
    assert auditor.figures[-1].state is State.CLOSED
    assert len(auditor.figures) > 20

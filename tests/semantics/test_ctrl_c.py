"""S17: Ctrl-C."""
# ruff: noqa: N802 - the names begin with the ids of the promises

import signal
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import trio
from trio.testing import MockClock
from troupe import Clumsy, Line, Player

import exeunt
from exeunt import Handle, Ledger, Reason, start, start_soon
from exeunt.exceptions import AgentClosed


@pytest.fixture(autouse=True)
def sigint_as_in_a_terminal() -> Iterator[None]:
    """Undo what programs in the background get: that they ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
async def test_S17_1_a_keyboard_interrupt_kills_and_goes_on(
    error: BaseException,
) -> None:
    with pytest.RaisesGroup(type(error)) as raised:
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("oops", error=error))
    assert raised.value.exceptions[0] is error
    assert player.outcome is not None
    assert player.outcome.reason is Reason.KILLED
    assert player.outcome.error is error


async def test_S17_2_its_message_is_interrupted() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            player.send_nowait(Line("oops", error=KeyboardInterrupt()))
            player.send_nowait(Line("waits"))
    ledger = player.statistics().ledger
    assert ledger == Ledger(accepted=2, interrupted=1, undelivered=1)


def get_stuck() -> None:
    signal.raise_signal(signal.SIGINT)
    for _ in range(1_000_000):
        pass
    raise AssertionError("nothing has broken the loop")


class Stuck(Player):
    """Gets stuck in one of the places where its own code runs."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where
        self.stop_here("factory")

    def stop_here(self, place: str) -> None:
        if place == self.where:
            get_stuck()

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.stop_here("entering")
        yield
        self.stop_here("leaving")

    async def handle(self, message: Line) -> str:
        self.stop_here("turn")
        return await super().handle(message)


@pytest.mark.parametrize("where", ["factory", "entering", "turn", "leaving"])
def test_S17_3_ctrl_c_can_break_an_agents_own_code(where: str) -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            stuck = start_soon(nursery, Stuck, where)
            stuck.send_nowait(Line("a turn"))
            stuck.stop()

    with pytest.RaisesGroup(KeyboardInterrupt):
        trio.run(main)


OURS = str(Path(exeunt.__file__).parent)


@contextmanager
def ctrl_c_at(step: int) -> Iterator[list[int]]:
    """Press Ctrl-C when the given line of exeunt's own code is about to run."""
    steps = [0]

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        steps[0] += event == "line"
        if event == "line" and steps[0] == step:
            signal.raise_signal(signal.SIGINT)
        return trace

    tracer_before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(tracer_before)


class Deferrer(Player):
    """Answers by a reply that it has deferred in the same turn."""

    async def handle(self, message: Line) -> str:
        reply = self.context.defer(message)
        answer = await super().handle(message)
        reply.send(answer)
        return answer


def test_S17_4_the_ledger_adds_up_at_whatever_step_ctrl_c_is_pressed() -> None:
    async def main() -> None:
        async with trio.open_nursery() as askers, trio.open_nursery() as nursery:
            stopped = start_soon(nursery, Deferrer, said, capacity=1)
            agents.append(stopped)
            askers.start_soon(ask_to_the_end, stopped)
            stopped.send_nowait(Line("one"))
            accepted.append("one")
            await stopped.send(Line("two"))
            accepted.append("two")
            cancelled = await start(nursery, Player)
            agents.append(cancelled)
            cancelled.cancel()
            await cancelled.wait_closed()
            await stopped.aclose()

    async def ask_to_the_end(deferrer: Handle[Line]) -> None:
        with trio.CancelScope(shield=True), trio.fail_after(60), suppress(AgentClosed):
            await deferrer.ask(Line("three"))

    for step in count(1):
        agents: list[Handle[Line]] = []
        said: list[str] = []
        accepted: list[str] = []
        with ctrl_c_at(step) as steps, suppress(KeyboardInterrupt):
            try:
                trio.run(main, clock=MockClock(autojump_threshold=0))
            except* (KeyboardInterrupt, AgentClosed):
                assert steps[0] >= step
        ledgers = [agent.outcome.ledger for agent in agents if agent.outcome]
        assert len(ledgers) == len(agents)
        assert all(ledger.settled == ledger.accepted for ledger in ledgers)
        for ledger in ledgers[:1]:
            assert len(accepted) <= ledger.accepted <= 3
            assert ledger.handled <= len(said) <= ledger.handled + ledger.interrupted
        if steps[0] < step:
            return  # it has run to its end, so Ctrl-C has been pressed everywhere


async def test_S17_5_an_error_while_leaving_does_not_take_its_place() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            clumsy = await start(nursery, Clumsy)
            await clumsy.send(Line("oops", error=KeyboardInterrupt()))

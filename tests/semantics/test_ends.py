"""S6: how lives end, and what that means for everything around them."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Outcome,
    Reason,
    Reply,
    State,
    start,
    start_soon,
)


class Witness(Agent[str]):
    """Looks at its own state wherever its code runs."""

    def __init__(self, seen: list[State]) -> None:
        self.seen = seen

    def look(self) -> None:
        self.seen.append(self.context.handle.statistics().state)

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.look()
        yield
        self.look()

    async def handle(self, message: str) -> None:
        self.look()
        if message == "stop":
            self.context.handle.stop()
            self.look()


async def test_S6_1_states_only_rise(nursery: trio.Nursery) -> None:
    seen: list[State] = []
    witness = await start(nursery, Witness, seen)
    await witness.send("stop")
    await witness.wait_closed()
    seen.append(witness.statistics().state)
    assert seen == list(State)

    cancelled = start_soon(nursery, Player)
    states = [cancelled.statistics().state]
    cancelled.cancel()
    states.append(cancelled.statistics().state)
    await cancelled.wait_closed()
    states.append(cancelled.statistics().state)
    assert states == [State.STARTING, State.CLOSING, State.CLOSED]


async def test_S6_2_requests_to_end_only_rise(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def end(*requests: str) -> Outcome:
        player = await start(nursery, Player)
        await player.send(Line("long", seconds=9))
        await wait_all_tasks_blocked()
        for request in requests:
            getattr(player, request)()
            await wait_all_tasks_blocked()
        return await player.wait_closed()

    assert (await end("stop", "cancel")).reason is Reason.CANCELLED
    assert (await end("cancel", "stop")).reason is Reason.CANCELLED
    assert (await end("stop", "stop")).reason is Reason.STOPPED
    assert trio.current_time() == 9  # only the last one was not cut short


async def test_S6_3_order_and_repetition_of_requests_change_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def end(requests: tuple[str, ...]) -> tuple[Outcome, float]:
        player = await start(nursery, Player)
        began = trio.current_time()
        await player.send(Line("handled"))
        await player.send(Line("long", seconds=9))
        await trio.sleep(1)
        await player.send(Line("waits"))
        for request in requests:
            getattr(player, request)()
        outcome = await player.wait_closed()
        return outcome, trio.current_time() - began

    for count in (1, 2, 3):
        for requests in product(("stop", "cancel"), repeat=count):
            gravest = ("cancel",) if "cancel" in requests else ("stop",)
            assert await end(requests) == await end(gravest), requests


async def test_S6_4_only_something_graver_replaces_the_reason(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError

    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            await doer.send(Do(fail_when_cancelled))
            await wait_all_tasks_blocked()
            doer.cancel()
    assert doer.outcome is not None
    assert doer.outcome.reason is Reason.CRASHED

    leaver = await start(nursery, SlowLeaver)
    leaver.stop()
    await wait_all_tasks_blocked()
    leaver.cancel()
    outcome = await leaver.wait_closed()
    assert outcome.reason is Reason.STOPPED


class SlowLeaver(Player):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield
        await trio.sleep(1)


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "semantics.md"
ERRORS = {"crash": ValueError(), "Ctrl-C": KeyboardInterrupt()}


def columns_of_the_table() -> dict[str, dict[str, str]]:
    """Read the table of S6.5: for each end, what everybody meets or gets."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition("**S6.5**")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.partition("\n\n")[2].partition("\n\n")[0].splitlines()
    ]
    (_, *ends), _, *rest = rows
    return {
        end: {row[0]: row[column] for row in rest}
        for column, end in enumerate(ends, start=1)
    }


class PutOff(Line):
    """A line to which the reply is deferred."""


class Actor(Player):
    """A player that defers some replies, and tells what its lifespan saw."""

    def __init__(self, seen: list[object]) -> None:
        super().__init__()
        self.seen = seen

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.helpers:
            try:
                yield
            except BaseException as error:
                self.seen.append(error)
                raise
            self.seen.append(None)

    async def handle(self, message: Line) -> str:
        if isinstance(message, PutOff):
            self.helpers.start_soon(self.reply_later, self.context.defer(message))
        return await super().handle(message)

    async def reply_later(self, reply: Reply[str]) -> None:
        await trio.sleep(5)
        reply.send("answer")


async def end_at_1(actor: Handle[Line], how: str, outside: trio.CancelScope) -> None:
    await trio.sleep(1)
    match how:
        case "stop":
            actor.stop()
        case "cancel":
            actor.cancel()
        case "from outside":
            outside.cancel()


def in_words(result: object) -> str:
    """Say in the table's words what somebody got."""
    if isinstance(result, BaseExceptionGroup):
        (words,) = {in_words(error) for error in result.exceptions}
        return words
    if result is None or isinstance(result, str):
        return result or "nothing"
    return "the error" if result in ERRORS.values() else type(result).__name__


@pytest.mark.parametrize("how", columns_of_the_table())
async def test_S6_5_an_end_decides_what_becomes_of_everything(
    how: str, autojump_clock: MockClock
) -> None:
    told = columns_of_the_table()[how]
    got: dict[str, object] = {}
    seen: list[object] = []
    async with trio.open_nursery() as callers:
        with trio.CancelScope() as outside:
            try:
                async with trio.open_nursery() as nursery:
                    actor = await start(nursery, Actor, seen, capacity=2)
                    deferred = Call(callers, actor.ask, PutOff("put off"))
                    await wait_all_tasks_blocked()
                    line = Line("answer", seconds=2, error=ERRORS.get(how))
                    asker = Call(callers, actor.ask, line)
                    await wait_all_tasks_blocked()
                    queued = Call(callers, actor.ask, Line("answer"))
                    await wait_all_tasks_blocked()
                    await actor.send(Line("queued"))
                    blocked = Call(callers, actor.send, Line("blocked"))
                    await end_at_1(actor, how, outside)
                got["the nursery"] = None
            except BaseException as raised:
                got["the nursery"] = raised
        outcome = await actor.wait_closed()

    got["its asker"] = asker.result
    got["their askers"] = queued.result
    got["blocked sender"] = blocked.result
    got["deferred reply"] = deferred.result
    got["the lifespan"] = seen[0]
    assert outcome.reason == told.pop("reason")
    fates = Counter(["handled", told.pop("the running turn")])
    fates[told.pop("queued messages")] += 2
    assert outcome.ledger == Ledger(accepted=4, **fates)
    assert {who: in_words(what) for who, what in got.items()} == told

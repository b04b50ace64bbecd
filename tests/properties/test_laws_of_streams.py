"""Laws of streams: items on demand, and a turn that ends with its block.

The log is written by the readers and by the iterators, not by the runtime.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from enum import Enum, auto
from typing import Any

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law
from scenes import End, Log

from exeunt import Agent, Handle, Outcome, Request, start
from exeunt.exceptions import AgentClosed, Deadlock, Refusal
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@attrs.frozen
class Reading:
    """One reader and its stream. What takes time takes it in seconds."""

    number: int = 0
    after: int = 0  # before it enters
    items: int = 0  # that can be had
    work: int = 0  # for each item; 0: no checkpoint; 1: one; more: sleeps work - 1
    cleanup: int = 0
    refuses: bool = False  # rather than ending
    take: int = 9  # after so many items it leaves
    pace: int = 0  # that the reader needs for an item
    bound: int | None = None  # on the wait for each item, which is then repeated
    patience: int | None = None  # for the whole


@attrs.frozen
class Rows(Request[AsyncIterator[int]]):
    reading: Reading


Message = Rows | str


@attrs.define
class Producer(Agent[Message]):
    log: Log

    async def handle(self, message: Message) -> AsyncIterator[int] | None:
        if isinstance(message, Rows):
            self.log("begin", message.reading.number)
            return self.rows(message.reading)
        self.log("begin")
        await trio.lowlevel.checkpoint()
        self.log("end")
        return None

    async def rows(self, reading: Reading) -> AsyncGenerator[int]:
        how = "before the end"
        try:
            for item in range(reading.items):
                await _work(reading.work)
                self.log("made", reading.number, item)
                yield item
            how = "to the end"
            if reading.refuses:
                raise Refusal
        finally:
            with trio.CancelScope(shield=True):
                await _work(reading.cleanup)
            self.log("closed", reading.number, how)


async def _work(work: int) -> None:
    if work == 1:
        await trio.lowlevel.checkpoint()
    elif work:
        await trio.sleep(work - 1)


@attrs.define
class Reader:
    """Reads one stream as it was drawn, and notes what it gets."""

    reading: Reading
    handle: Handle[Any]
    log: Log
    got: list[int] = attrs.field(factory=list)

    def note(self, what: str, detail: Any = None) -> None:
        self.log(what, self.reading.number, detail)

    async def read(self) -> None:
        patience = self.reading.patience
        await trio.sleep(self.reading.after)
        with trio.move_on_after(float("inf") if patience is None else patience):
            try:
                async with self.handle.stream(Rows(self.reading)) as rows:
                    self.note("entered")
                    await self.read_all(rows)
            except (AgentClosed, Refusal) as error:
                self.note("refused", error)
        self.note("left")

    async def read_all(self, rows: AsyncIterator[int]) -> None:
        while len(self.got) < self.reading.take:
            bound = self.reading.bound
            with trio.move_on_after(float("inf") if bound is None else bound):
                self.note("wants", len(self.got))
                try:
                    self.got.append(await anext(rows))
                except StopAsyncIteration:
                    self.note("all")
                    return
            await trio.sleep(self.reading.pace)


@attrs.define
class Play:
    """What came of it."""

    log: Log
    readers: list[Reader]
    outcome: Outcome

    def first(self, what: str, number: int) -> int | None:
        return next(iter(self.log.where(what, number)), None)


async def perform(
    readings: tuple[Reading, ...],
    capacity: int,
    messages: int,
    ends: tuple[tuple[int, End], ...] = (),
    victims: list[Any] | None = None,
) -> Play:
    log = Log()
    async with trio.open_nursery() as nursery:
        handle = await start(nursery, Producer, log, capacity=capacity)
        readers = [Reader(reading, handle, log) for reading in readings]
        with trio.CancelScope() as scope:
            if victims is not None:
                victims += [scope.cancel, handle.cancel]
            async with trio.open_nursery() as audience:
                for reader in readers:
                    audience.start_soon(reader.read)
                for _ in range(messages):
                    audience.start_soon(_send, handle)
                for at, end in ends:
                    audience.start_soon(_end, at, end, handle)
        handle.stop()
        outcome = await handle.wait_closed()
    return Play(log, readers, outcome)


async def _send(handle: Handle[Any]) -> None:
    with suppress(AgentClosed):
        await handle.send("a message")


async def _end(at: int, end: End, handle: Handle[Any]) -> None:
    await trio.sleep(at)
    if end is End.STOP:
        handle.stop()
    else:
        handle.cancel()


READING = st.builds(
    Reading,
    after=st.integers(0, 2),
    items=st.integers(0, 3),
    work=st.integers(0, 3),
    cleanup=st.integers(0, 3),
    refuses=st.booleans(),
    take=st.sampled_from((9, 0, 1, 2)),
    pace=st.integers(0, 2),
    bound=st.sampled_from((None, 1, 2)),
    patience=st.sampled_from((None, 0, 1, 3)),
)
SCENE: dict[str, st.SearchStrategy[Any]] = {
    "readings": st.lists(READING, max_size=3).map(
        lambda them: tuple(attrs.evolve(it, number=i) for i, it in enumerate(them))
    ),
    "capacity": st.integers(0, 2),
    "messages": st.integers(0, 2),
    "schedule": schedules(),
}
ENDS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from((End.STOP, End.CANCEL))), max_size=2
).map(tuple)


@law("streams: in order and on demand", **SCENE, ends=ENDS)
def test_items_come_in_order_and_on_demand(
    readings: tuple[Reading, ...],
    capacity: int,
    messages: int,
    ends: tuple[tuple[int, End], ...],
    schedule: Schedule,
) -> None:
    it = schedule.run(perform, readings, capacity, messages, ends)
    for reader in it.readers:
        reading = reader.reading
        assert reader.got == [*range(len(reader.got))]
        if it.first("all", reading.number) is not None:
            assert len(reader.got) == reading.items
        wanted = 0
        for what, number, detail in it.log.entries:
            if number == reading.number and what == "wants":
                wanted = detail + 1
            elif number == reading.number and what == "made":
                assert detail < wanted


@law("streams: the turn ends before the block", **SCENE, ends=ENDS)
def test_the_turn_ends_before_the_block_is_left(
    readings: tuple[Reading, ...],
    capacity: int,
    messages: int,
    ends: tuple[tuple[int, End], ...],
    schedule: Schedule,
) -> None:
    it = schedule.run(perform, readings, capacity, messages, ends)
    check_turns(it)
    check_account(it)


def check_turns(it: Play) -> None:
    """Check that turns are apart, and that no reader leaves before its own ends."""
    running: int | None = None
    for what, number, _ in it.log.entries:
        if number is None:
            assert running is None
        elif what == "begin":
            assert running is None
            running = number if _iterates(it, number) else None
        elif what == "closed":
            running = None
        elif what == "left":
            assert running != number


def _iterates(it: Play, number: int) -> bool:
    """Return whether the iterator was begun at all: if not, it has no end either."""
    return it.first("closed", number) is not None


def check_account(it: Play) -> None:
    ledger = it.outcome.ledger
    assert ledger.accepted == ledger.settled
    assert ledger.handled + ledger.interrupted == len(it.log.where("begin"))
    assert ledger.failed == 0


@law("streams: the agent goes on", **SCENE)
def test_the_agent_goes_on_with_what_comes_next(
    readings: tuple[Reading, ...], capacity: int, messages: int, schedule: Schedule
) -> None:
    it = schedule.run(perform, readings, capacity, messages)
    ledger = it.outcome.ledger
    to_the_end = [how for how in it.log.of("closed") if how == "to the end"]
    sent = [
        None for what, number, _ in it.log.entries if (what, number) == ("end", None)
    ]
    assert len(sent) == messages
    assert ledger.handled == messages + len(to_the_end)
    entered = {*it.log.numbers("entered")}
    assert entered <= {*it.log.numbers("begin")}
    gave_up = {reader.reading.number for reader in it.readers} - entered
    assert ledger.abandoned <= len(gave_up)
    assert ledger.undelivered == 0


class Step(Enum):
    """What a reader does that is an agent itself."""

    NEXT = auto()
    HASTY_NEXT = auto()  # gives up after a second
    SLEEP = auto()
    ASK = auto()  # asks the producer
    ASK_VIA = auto()  # has somebody else ask the producer


class Get(Request[str]):
    """Asks for next to nothing."""


@attrs.define
class Source(Agent[Any]):
    async def handle(self, message: object) -> object:
        return "nothing" if isinstance(message, Get) else self.numbers()

    async def numbers(self) -> AsyncGenerator[int]:
        for number in range(3):
            await trio.sleep(2)
            yield number


@attrs.define
class GoBetween(Agent[Get]):
    source: Handle[Any]

    async def handle(self, message: Get) -> str:
        try:
            return await self.source.ask(message)
        except Deadlock as deadlock:
            raise Refusal from deadlock


@attrs.define
class Follower(Agent[Get]):
    source: Handle[Any]
    go_between: Handle[Get]
    steps: list[Step]
    deadlocks: list[Step] = attrs.field(factory=list)
    wanting: bool = False
    ended: bool = False

    async def handle(self, message: Get) -> str:
        async with self.source.stream(Rows(Reading())) as rows:
            for step in self.steps:
                try:
                    await self.take(step, rows)
                except (Deadlock, Refusal):
                    self.deadlocks.append(step)
                except StopAsyncIteration:
                    self.ended = True
        return "done"

    async def take(self, step: Step, rows: AsyncIterator[int]) -> None:
        match step:
            case Step.SLEEP:
                await trio.sleep(3)
            case Step.ASK | Step.ASK_VIA:
                asked = self.source if step is Step.ASK else self.go_between
                await asked.ask(Get())
                # With nothing wanted, the source waits for this very agent; and with
                # something wanted, the stream has given way.
                assert self.wanting or self.ended
                self.ended = True
            case Step.NEXT:
                await anext(rows)
                self.wanting = False
            case Step.HASTY_NEXT:
                with trio.move_on_after(1) as scope:
                    await anext(rows)
                self.wanting = scope.cancelled_caught


@law(
    "streams: rings are deadlocks",
    programs=st.lists(
        st.lists(st.sampled_from(Step), max_size=5), min_size=1, max_size=2
    ),
    schedule=schedules(),
)
def test_a_ring_through_a_stream_is_a_deadlock_never_a_hang(
    programs: list[list[Step]], schedule: Schedule
) -> None:
    async def main() -> list[Follower]:
        followers: list[Follower] = []

        def follower(*args: Any) -> Follower:
            followers.append(Follower(*args))
            return followers[-1]

        async with trio.open_nursery() as nursery:
            source = await start(nursery, Source)
            between = await start(nursery, GoBetween, source)
            async with trio.open_nursery() as audience:
                for steps in programs:
                    handle = await start(nursery, follower, source, between, steps)
                    audience.start_soon(handle.ask, Get())
            nursery.cancel_scope.cancel()
        return followers

    for follower in schedule.run(main):
        asks = {Step.ASK, Step.ASK_VIA} & {*follower.steps}
        assert asks or not follower.deadlocks


SWEPT = {
    "two readers and a message": (
        Reading(items=2, work=1),
        Reading(1, items=3, take=1),
    ),
    "one that cleans up, one that refuses": (
        Reading(items=2, work=2, cleanup=2, take=1),
        Reading(1, items=1, refuses=True),
    ),
    "one that is hasty": (Reading(items=2, work=4, bound=1),),
}


@pytest.mark.parametrize("victim", [0, 1], ids=["the readers", "the agent"])
@pytest.mark.parametrize("name", SWEPT)
def test_cancel_at_every_step(name: str, victim: int) -> None:
    undisturbed = Schedule()
    undisturbed.run(perform, SWEPT[name], 1, 1)
    for step in range(undisturbed.steps):
        victims: list[Any] = []

        def cancel(victims: list[Any] = victims) -> None:
            if victims:
                victims[victim]()

        it = Schedule().run(
            perform, SWEPT[name], 1, 1, (), victims, before={step: cancel}
        )
        check_turns(it)
        check_account(it)

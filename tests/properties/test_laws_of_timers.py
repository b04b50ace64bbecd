"""Timers: no tick is stale, too early or too late, and none keeps others waiting.

One agent is told to set and cancel timers, in its own turns or by its helpers, gets
messages in between, and ends at some time. Its people log what they call and where
turns begin and end. `Reader` reads that log from its beginning and knows at each place
which timers there are and when they are due, as the promises have it; so it can say of
each entry whether it may be there. Times are whole, hence exact.
"""

from enum import Enum, auto
from math import inf
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Context, Handle, Outcome, start
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

KEYS = "abc"


class Boom(Exception):
    """What the agent crashes with."""


class Verb(Enum):
    """What somebody does."""

    ONCE = auto()
    REPEAT = auto()
    AT_RATE = auto()
    WHEN_QUIET = auto()
    CANCEL = auto()
    NOTHING = auto()  # but the turn of a message


class End(Enum):
    """How the agent ends."""

    STOP = auto()
    CANCEL = auto()
    CRASH = auto()


@attrs.frozen
class Step:
    """One thing that somebody does, and the message that goes with it."""

    number: int
    at: int
    verb: Verb
    key: str
    seconds: int
    catch_up: int
    work: int  # seconds that each tick takes, or the turn of the message
    in_turn: bool  # a message has the agent do it, not a helper


@attrs.frozen
class Tick:
    """What a timer has the agent handle."""

    step: Step


@attrs.define
class Log:
    """What happened and when, in order: (time, what, detail)."""

    entries: list[tuple[float, str, Any]] = attrs.field(factory=list)

    def __call__(self, what: str, detail: Any = None) -> None:
        self.entries.append((trio.current_time(), what, detail))


@attrs.define
class Clockwork(Agent[Any]):
    """Notes its turns, which take their time."""

    log: Log

    async def handle(self, message: Any) -> None:
        self.log("begin", message)
        if message is End.CRASH:
            raise Boom
        if isinstance(message, Step):
            do(self.context, message, self.log)
        work = message.step.work if isinstance(message, Tick) else message.work
        await trio.sleep(work)
        self.log("end", message)


def do(context: Context, step: Step, log: Log) -> None:
    timers, key, tick = context.timers, step.key, Tick(step)
    match step.verb:
        case Verb.ONCE:
            timers.once(key, tick, after=step.seconds - 1)
        case Verb.REPEAT:
            timers.repeat(key, tick, delay=step.seconds)
        case Verb.AT_RATE:
            timers.at_rate(key, tick, period=step.seconds, catch_up=step.catch_up)
        case Verb.WHEN_QUIET:
            timers.when_quiet(key, tick, seconds=step.seconds)
        case Verb.CANCEL:
            known = key in timers
            assert timers.cancel(key) == known
            log("cancel", (key, known))
            return
        case Verb.NOTHING:
            return
    log("set", step)


async def perform(steps: list[Step], at: int, end: End) -> tuple[Log, Outcome]:
    log = Log()
    try:
        async with trio.open_nursery() as nursery:
            agent = await start(nursery, Clockwork, log)
            context = Context(agent._life)
            for step in steps:
                nursery.start_soon(take, step, agent, context, log)
            await trio.sleep(at)
            await finish(agent, end, log)
    except* Boom:
        pass
    return log, await agent.wait_closed()


async def take(step: Step, agent: Handle[Any], context: Context, log: Log) -> None:
    await trio.sleep(step.at)
    if not step.in_turn:
        do(context, step, log)
        return
    try:
        agent.send_nowait(step)
    except AgentClosed:
        return
    log("accepted", step)


async def finish(agent: Handle[Any], end: End, log: Log) -> None:
    log("last", end)
    match end:
        case End.STOP:
            agent.stop()
        case End.CANCEL:
            agent.cancel()
        case End.CRASH:
            agent.send_nowait(end)
            log("accepted", end)


@attrs.define(eq=False)
class Naive:
    """One timer, as the promises have it."""

    step: Step
    counts_from: float
    last: int = 0  # the number of the last tick of a rate
    rests: bool = False

    def due(self, quiet_since: float) -> float:
        match self.step.verb:
            case Verb.ONCE:
                return self.counts_from + self.step.seconds - 1
            case Verb.AT_RATE:
                return self.counts_from + (self.last + 1) * self.step.seconds
            case Verb.WHEN_QUIET:
                since = max(self.counts_from, quiet_since)
                return inf if self.rests else since + self.step.seconds
            case _:
                return inf if self.rests else self.counts_from + self.step.seconds


@attrs.define
class Reader:
    """Reads a log, and complains about what must not be there."""

    timers: dict[str, Naive] = attrs.field(factory=dict)
    waiting: int = 0  # in the mailbox
    quiet_since: float = -inf
    free_since: float = 0  # or infinity in a turn
    running: bool = True
    owed: bool = False  # a message waited when a tick ended
    ticks: int = 0

    def read(self, log: Log) -> None:
        for time, what, detail in log.entries:
            getattr(self, f"read_{what}")(time, detail)

    def read_set(self, time: float, step: Step) -> None:
        self.timers[step.key] = Naive(step, time)

    def read_cancel(self, time: float, detail: tuple[str, bool]) -> None:
        key, known = detail
        naive = self.timers.pop(key, None)
        assert known == (naive is not None) or not self.running

    def read_accepted(self, time: float, message: Step) -> None:
        self.waiting += 1

    def read_last(self, time: float, end: End) -> None:
        self.check_nothing_overslept(time)
        self.running = end is End.CRASH

    def read_begin(self, time: float, message: object) -> None:
        self.check_nothing_overslept(time)
        if isinstance(message, Tick):
            self.read_tick(time, message.step)
        else:
            self.waiting -= 1
        self.owed = False
        self.free_since = inf
        self.running = self.running and message is not End.CRASH

    def read_tick(self, time: float, step: Step) -> None:
        assert self.running
        assert not self.owed
        naive = self.timers[step.key]
        assert naive.step is step
        assert naive.due(self.quiet_since) <= time
        naive.rests = True
        if step.verb is Verb.ONCE:
            del self.timers[step.key]
        if step.verb is Verb.AT_RATE:
            newest = int((time - naive.counts_from) // step.seconds)
            naive.last = max(naive.last + 1, newest - step.catch_up)
        self.ticks += 1

    def read_end(self, time: float, message: object) -> None:
        self.free_since = time
        if isinstance(message, Tick):
            self.owed = self.waiting > 0
            naive = self.timers.get(message.step.key)
            if naive is not None and naive.step is message.step:
                self.end_tick(time, naive)
            return
        self.quiet_since = time
        for naive in self.timers.values():
            if naive.step.verb is Verb.WHEN_QUIET:
                naive.rests = False

    def end_tick(self, time: float, naive: Naive) -> None:
        if naive.step.verb is Verb.REPEAT:
            naive.counts_from, naive.rests = time, False

    def check_nothing_overslept(self, time: float) -> None:
        if self.running and self.free_since < time:
            dues = [naive.due(self.quiet_since) for naive in self.timers.values()]
            assert min(dues, default=inf) >= time


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    step = st.builds(
        Step,
        number=st.just(0),
        at=st.integers(0, 8),
        verb=st.sampled_from(Verb),
        key=st.sampled_from(KEYS),
        seconds=st.integers(1, 4),
        catch_up=st.integers(0, 2),
        work=st.integers(0, 3),
        in_turn=st.booleans(),
    )
    drawn = draw(st.lists(step, min_size=1, max_size=8))
    return [attrs.evolve(each, number=number) for number, each in enumerate(drawn)]


@law(
    "timers: each tick in its time",
    steps=steps(),
    at=st.integers(4, 20),
    end=st.sampled_from(End),
    schedule=schedules(),
)
def test_each_tick_has_its_time(
    steps: list[Step], at: int, end: End, schedule: Schedule
) -> None:
    log, outcome = schedule.run(perform, steps, at, end)
    reader = Reader()
    reader.read(log)
    ledger = outcome.ledger
    accepted = sum(what == "accepted" for _, what, _ in log.entries)
    assert ledger.accepted == accepted + reader.ticks == ledger.settled
    assert ledger.undelivered == reader.waiting

"""Applications: signals end them in time, in order, and with a true status.

A program is drawn: agents in a chain, each with so much to do, a main function that
takes its time, and up to three signals. Signals are real ones, raised at drawn times;
SIGTERM has a handler of the test's beneath, which sees what `run` lets through.
"""

import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from math import inf
from types import FrameType

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Outcome, Reason, Supervisor, open_supervisor
from exeunt.application import Application
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@attrs.frozen
class Program:
    """All that is drawn, but for the schedule."""

    work: tuple[tuple[int, ...], ...]  # for each agent, seconds for each message
    leaving: int  # seconds that each agent needs to leave its lifespan
    main: int | None  # seconds until main returns; None if it waits for ever
    grace: int
    signals: tuple[tuple[int, signal.Signals], ...]  # seconds since the one before


programs = st.builds(
    Program,
    work=st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), max_size=3).map(
        tuple
    ),
    leaving=st.sampled_from((0, 0, 2)),
    main=st.sampled_from((None, None, 0, 2, 5)),
    grace=st.sampled_from((0, 1, 3, 6, 100)),
    signals=st.lists(
        st.tuples(st.sampled_from((0, 1, 1, 2, 4)), st.sampled_from(SIGNALS)),
        min_size=1,
        max_size=3,
    ).map(tuple),
)


@attrs.define
class Told:
    """What came of it."""

    application: Application
    came: list[float] = attrs.field(factory=list[float])  # when the signals did
    passed: list[float] = attrs.field(factory=list[float])  # those let through
    left: dict[int, float] = attrs.field(factory=dict[int, float])  # in this order
    begun: list[float] = attrs.field(factory=list[float])  # when turns were
    main_ended: float = inf
    ended: float = inf

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        assert self.application.supervisor is not None
        return self.application.supervisor.outcomes


@attrs.define
class Worker(Agent[int]):
    """Does its work, notes when it begins to leave, and takes its time for that."""

    number: int
    told: Told
    leaving: int
    used: Handle[int] | None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.told.left[self.number] = trio.current_time()
            await trio.sleep(self.leaving)

    async def handle(self, message: int) -> None:
        self.told.begun.append(trio.current_time())
        await trio.sleep(message)


async def perform(program: Program, told: Told) -> None:
    async def main(supervisor: Supervisor) -> None:
        try:
            used = None
            for number, work in enumerate(program.work):
                used = await supervisor.start(
                    Worker, number, told, program.leaving, used, name=str(number)
                )
                for seconds in work:
                    await used.send(seconds)
            all_started.set()
            await trio.sleep(inf if program.main is None else program.main)
        finally:
            told.main_ended = trio.current_time()

    async def press() -> None:
        await all_started.wait()
        for seconds, each in program.signals:
            await trio.sleep(seconds)
            told.came.append(trio.current_time())
            signal.raise_signal(each)

    all_started = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(press)
        await told.application.play(main, ())
        told.ended = trio.current_time()
        nursery.cancel_scope.cancel()


@contextmanager
def letting(passed: list[float]) -> Iterator[None]:
    """Note the signals that `run` lets through, instead of being ended by them."""

    def note(number: int, frame: FrameType | None) -> None:
        passed.append(trio.current_time())

    before = [signal.signal(each, note) for each in SIGNALS]
    try:
        yield
        assert [signal.getsignal(each) for each in SIGNALS] == [note, note]
    finally:
        for each, handler in zip(SIGNALS, before, strict=True):
            signal.signal(each, handler)


def played(program: Program, schedule: Schedule) -> Told:
    told = Told(Application(open_supervisor(), grace=program.grace))
    with letting(told.passed):
        schedule.run(perform, program, told)
    return told


def cut_at(program: Program, told: Told) -> float:
    """Return when those that had not left before were to be cancelled."""
    came = [*told.came, inf, inf]
    return min(came[0] + program.grace, came[1])


@law("applications: they leave in time", program=programs, schedule=schedules())
def test_they_leave_in_time(program: Program, schedule: Schedule) -> None:
    told = played(program, schedule)
    # Until its turn to leave, an agent goes on, whoever is cancelled before it.
    end = cut_at(program, told) + len(program.work) * program.leaving
    assert told.ended <= end
    assert all(begun <= end for begun in told.begun)
    assert all(told.main_ended <= first for first in told.came[:1])


@law("applications: they leave in order", program=programs, schedule=schedules())
def test_they_leave_in_order(program: Program, schedule: Schedule) -> None:
    told = played(program, schedule)
    assert [*told.left] == sorted(told.left, reverse=True)


@law("applications: nothing is cut short early", program=programs, schedule=schedules())
def test_nothing_is_cut_short_early(program: Program, schedule: Schedule) -> None:
    told = played(program, schedule)
    for outcome in told.outcomes:
        ledger = outcome.ledger
        assert ledger.settled == ledger.accepted
        if outcome.reason is Reason.CANCELLED:
            assert told.left[int(outcome.agent)] >= cut_at(program, told)
        else:
            assert ledger.handled == ledger.accepted


@law("applications: the status is true", program=programs, schedule=schedules())
def test_the_status_is_true(program: Program, schedule: Schedule) -> None:
    told = played(program, schedule)
    status = told.application.status
    heard = len(told.came) - len(told.passed)
    overdue = bool(told.came) and told.ended >= told.came[0] + program.grace
    if heard == 2:
        assert status == 128 + program.signals[1][1]
    elif any(outcome.reason is Reason.CANCELLED for outcome in told.outcomes):
        assert status == 1
    else:
        assert status <= overdue


@law("applications: the third is let through", program=programs, schedule=schedules())
def test_the_third_is_let_through(program: Program, schedule: Schedule) -> None:
    told = played(program, schedule)
    if len(told.came) < 2:
        assert told.passed == []
        return
    first, second, *more = told.came
    possible = []
    if second <= first + program.grace:
        possible.append(more)
    if second >= first + program.grace:
        possible.append([second, *more])
    assert told.passed in possible

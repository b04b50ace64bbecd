"""Asking several: who is asked when, what comes back, and that the losers stop.

A round is drawn: some agents, each with what it does when it is asked, and one call.
The agents live in nurseries of their own, so that the crash of one is nobody else's.
What must come back and when is worked out by a model that knows of no tasks: it goes
through the arrivals in the order of their times. Where several fall into one instant,
any of them may be the next; the log tells which one it was, and the model follows.
"""

from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from math import inf
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Request,
    first_valid,
    hedge,
    quorum,
    start,
)
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal, TooFewAnswers
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


class Boom(Exception):
    """What a handler raises here."""


class Deed(Enum):
    """What comes of asking an agent."""

    GOOD = "an answer that is accepted"
    BAD = "an answer that is not"
    POISON = "an answer on which accept raises"
    REFUSE = "a refusal"
    CRASH = "a crash"


class Verb(Enum):
    """Which function is called."""

    HEDGE = "hedge"
    FIRST = "first_valid"
    QUORUM = "quorum"


@attrs.frozen
class Part:
    """One agent."""

    deed: Deed
    work: int  # seconds that its turn takes; 0 is no checkpoint
    leave: int  # seconds that it needs when it is cancelled
    busy: int  # seconds for which it is in the turn of another message
    capacity: int
    gone: bool = False  # it has left before it is asked


@attrs.frozen
class Round:
    """All that is drawn, but for the schedule."""

    parts: tuple[Part, ...]
    verb: Verb
    after: int
    count: int
    patience: int | None  # seconds after which the caller leaves


@st.composite
def rounds(
    draw: st.DrawFn,
    *,
    verbs: tuple[Verb, ...] = tuple(Verb),
    deeds: tuple[Deed, ...] = tuple(Deed),
    busy: tuple[int, ...] = (0, 0, 1, 2),
    gone: tuple[bool, ...] = (False, False, False, True),
    patience: tuple[int | None, ...] = (None, None, 0, 1, 2),
) -> Round:
    """Draw a round made of these."""
    part = st.builds(
        Part,
        deed=st.sampled_from(deeds),
        work=st.integers(0, 3),
        leave=st.sampled_from((0, 0, 1, 2)),
        busy=st.sampled_from(busy),
        capacity=st.integers(0, 2),
        gone=st.sampled_from(gone),
    )
    parts = draw(st.lists(part, min_size=1, max_size=4))
    return Round(
        parts=tuple(parts),
        verb=draw(st.sampled_from(verbs)),
        after=draw(st.integers(0, 3)),
        count=draw(st.integers(1, len(parts))),
        patience=draw(st.sampled_from(patience)),
    )


@attrs.frozen
class Busy:
    seconds: int


@attrs.frozen
class Question(Request[int], linked=True):
    """Answered with the number of the agent."""


@attrs.define
class Expert(Agent[Busy | Question]):
    number: int
    part: Part
    log: "Log"

    async def handle(self, message: Busy | Question) -> int:
        if isinstance(message, Busy):
            await trio.sleep(message.seconds)
            return -1
        self.log("begin", self.number)
        try:
            if self.part.work:
                await trio.sleep(self.part.work)
            self.log("arrive", self.number)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await trio.sleep(self.part.leave)
            raise
        finally:
            self.log("end", self.number)
        if self.part.deed is Deed.REFUSE:
            raise Refusal
        if self.part.deed is Deed.CRASH:
            raise Boom
        return self.number


@attrs.define
class Log:
    """What happened, in order: (what, number of the agent, when)."""

    entries: list[tuple[str, int, float]] = attrs.field(factory=list)

    def __call__(self, what: str, number: int) -> None:
        self.entries.append((what, number, trio.current_time()))

    def of(self, what: str) -> list[tuple[int, float]]:
        return [(number, when) for kind, number, when in self.entries if kind == what]

    def when(self, what: str) -> dict[int, float]:
        return dict(self.of(what))


@attrs.define
class Result:
    """What came of a round."""

    log: Log = attrs.field(factory=Log)
    error: BaseException | None = None
    answers: list[int] = attrs.field(factory=list)
    judged: list[int] = attrs.field(factory=list)  # in the order of accept's calls
    poison: list[Exception] = attrs.field(factory=list)
    returned_at: float = -1
    log_when_returned: int = -1  # entries
    in_turn: list[object] = attrs.field(factory=list)  # the question, where it is
    ledgers: list[Ledger] = attrs.field(factory=list)


def play(it: Round, schedule: Schedule) -> Result:
    """Play a round in the order of *schedule*."""
    return schedule.run(_perform, it)


async def _perform(it: Round) -> Result:
    result = Result()
    async with trio.open_nursery() as street:
        experts: list[Handle[Any]] = [
            await street.start(_house, number, part, result.log)
            for number, part in enumerate(it.parts)
        ]
        began = trio.current_time()
        assert began == 0
        await _call(it, experts, result)
        for expert in experts:
            expert.stop()
        result.ledgers = [(await each.wait_closed()).ledger for each in experts]
    return result


async def _house(number: int, part: Part, log: Log, task_status: Any) -> None:
    try:
        async with trio.open_nursery() as nursery:
            expert = await start(
                nursery, Expert, number, part, log, capacity=part.capacity
            )
            if part.busy:
                await expert.send(Busy(part.busy))
            if part.gone:
                expert.stop()
            task_status.started(expert)
    except* Boom:
        pass


async def _call(it: Round, experts: list[Handle[Any]], result: Result) -> None:
    """Make the call, and look around in the instant in which it has ended."""
    here = trio.lowlevel.current_task()

    def accept(number: int) -> bool:
        assert trio.lowlevel.current_task() is here
        result.judged.append(number)
        if it.parts[number].deed is Deed.POISON:
            result.poison.append(Boom(number))
            raise result.poison[-1]
        return it.parts[number].deed is Deed.GOOD

    with trio.move_on_after(inf if it.patience is None else it.patience):
        try:
            result.answers = await _VERBS[it.verb](it, experts, accept)
        except BaseException as error:
            result.error = error
            if isinstance(error, trio.Cancelled):
                raise
        finally:
            result.returned_at = trio.current_time()
            result.log_when_returned = len(result.log.entries)
            result.in_turn = [
                each.statistics().handling
                for each in experts
                if isinstance(each.statistics().handling, Question)
            ]


Accept = Callable[[int], bool]


async def _hedge(it: Round, experts: list[Handle[Any]], _: Accept) -> list[int]:
    return [await hedge(experts, Question(), after=it.after)]


async def _first(it: Round, experts: list[Handle[Any]], accept: Accept) -> list[int]:
    return [await first_valid(experts, Question(), accept=accept)]


async def _quorum(it: Round, experts: list[Handle[Any]], accept: Accept) -> list[int]:
    return await quorum(experts, Question(), count=it.count, accept=accept)


_VERBS = {Verb.HEDGE: _hedge, Verb.FIRST: _first, Verb.QUORUM: _quorum}


@law("consulting: losers stop", it=rounds(), schedule=schedules())
def test_nothing_of_the_request_outlives_the_call(
    it: Round, schedule: Schedule
) -> None:
    result = play(it, schedule)
    assert not result.in_turn
    begun = [number for number, _ in result.log.of("begin")]
    assert begun == [*dict.fromkeys(begun)]
    assert len(result.log.of("end")) == len(begun)
    # Nothing more happens, and every turn that was begun has been accounted for.
    assert len(result.log.entries) == result.log_when_returned
    for number, part in enumerate(it.parts):
        ledger = result.ledgers[number]
        other = 1 if part.busy else 0
        assert ledger.accepted == ledger.settled
        assert ledger.undelivered == 0
        assert ledger.handled + ledger.failed + ledger.interrupted == other + (
            number in begun
        )


@law("consulting: exactly what was promised", it=rounds(), schedule=schedules())
def test_what_comes_back_is_answers_or_an_error_as_itself(
    it: Round, schedule: Schedule
) -> None:
    result = play(it, schedule)
    match result.error:
        case None:
            wanted = it.count if it.verb is Verb.QUORUM else 1
            assert len(result.answers) == wanted
            if it.verb is not Verb.HEDGE:
                good = [n for n in result.judged if it.parts[n].deed is Deed.GOOD]
                assert result.answers == good
        case TooFewAnswers() as error:
            assert isinstance(error.message, Question)
            check_too_few(it, result, error)
        case Boom() as error:
            assert result.poison == [error]
            assert it.parts[result.judged[-1]].deed is Deed.POISON
        case _:
            assert type(result.error) is trio.Cancelled
            assert it.patience is not None
            assert result.returned_at >= it.patience
            check_unfinished(it, result)


def check_unfinished(it: Round, result: Result) -> None:
    """Check that the caller's cancellation took nothing away that was there."""
    assert not result.poison
    if it.verb is not Verb.HEDGE:
        good = sum(it.parts[n].deed is Deed.GOOD for n in result.judged)
        assert good < (it.count if it.verb is Verb.QUORUM else 1)


def check_too_few(it: Round, result: Result, error: TooFewAnswers) -> None:
    failures = {Deed.REFUSE: Refusal, Deed.CRASH: AgentCrashed}
    for each in error.errors:
        assert isinstance(each, (AgentClosed, *failures.values()))
    if it.verb is Verb.HEDGE:
        assert error.answers == ()
        assert len(error.errors) == len(it.parts)
        return
    assert list(error.answers) == result.judged
    good = sum(it.parts[n].deed is Deed.GOOD for n in result.judged)
    lost = len(error.answers) - good + len(error.errors)
    wanted = it.count if it.verb is Verb.QUORUM else 1
    # One less would have left it possible: it is raised no later than it is sure.
    assert len(it.parts) - lost == wanted - 1


HONEST = (Deed.GOOD, Deed.BAD, Deed.REFUSE, Deed.CRASH)


@law(
    "consulting: the first answers win",
    it=rounds(verbs=(Verb.FIRST, Verb.QUORUM), deeds=HONEST, patience=(None,)),
    schedule=schedules(),
)
def test_the_first_acceptable_answers_are_returned_when_they_are_there(
    it: Round, schedule: Schedule
) -> None:
    result = play(it, schedule)
    arrivals = {
        number: 0 if part.gone else part.busy + part.work
        for number, part in enumerate(it.parts)
    }
    good = [
        number
        for number, part in enumerate(it.parts)
        if part.deed is Deed.GOOD and not part.gone
    ]
    wanted = it.count if it.verb is Verb.QUORUM else 1
    in_order = sorted(arrivals[number] for number in good)
    if len(good) >= wanted:
        decided = in_order[wanted - 1]
        assert [arrivals[number] for number in result.answers] == in_order[:wanted]
        assert {*result.answers} <= {*good}
    else:
        # Sure as soon as more are lost than could be spared.
        lost = sorted(arrivals[n] for n in range(len(it.parts)) if n not in good)
        decided = lost[len(it.parts) - wanted]
        assert isinstance(result.error, TooFewAnswers)
    check_leaving(it, result, decided, arrivals)


def check_leaving(
    it: Round, result: Result, decided: float, arrivals: dict[int, int]
) -> None:
    """Check that the call ends with the last loser's turn, and no later."""
    begun = result.log.when("begin")
    at_least = at_most = decided
    for number, when in begun.items():
        leaves = decided + it.parts[number].leave
        if when < decided < arrivals[number]:
            at_least = max(at_least, leaves)
        if decided <= arrivals[number]:  # in the same instant, either comes first
            at_most = max(at_most, leaves)
    assert at_least <= result.returned_at <= at_most


@law(
    "consulting: a hedge asks in time",
    it=rounds(
        verbs=(Verb.HEDGE,),
        deeds=(Deed.GOOD, Deed.REFUSE, Deed.CRASH),
        busy=(0,),
        gone=(False,),
        patience=(None,),
    ),
    schedule=schedules(),
)
def test_a_hedge_asks_the_next_one_when_it_is_due_and_not_before(
    it: Round, schedule: Schedule
) -> None:
    result = play(it, schedule)
    asked = result.log.when("begin")
    comes = {n: round(when) + it.parts[n].work for n, when in asked.items()}
    good = [comes[n] for n in asked if it.parts[n].deed is Deed.GOOD]
    failed = [float(comes[n]) for n in asked if it.parts[n].deed is not Deed.GOOD]
    decided = min(good) if good else max(failed)
    check_leaving(it, result, decided, comes)
    if good:
        assert [comes[number] for number in result.answers] == [decided]
    else:
        assert len(asked) == len(it.parts)
    # In the last instant an ask may be given up before its turn begins.
    before = [number for number in sorted(asked) if asked[number] < decided]
    assert before == [*range(len(before))]
    check_pace(it, [asked[number] for number in sorted(asked)], failed, decided)


def check_pace(
    it: Round, times: list[float], failed: list[float], decided: float
) -> None:
    """Check that each ask has its reason, and each reason its ask."""
    assert times[0] == 0
    assert times[-1] <= decided
    gaps = [*pairwise(times)]
    assert all(0 <= when - last <= it.after for last, when in gaps)
    early = [when for last, when in gaps if when - last < it.after]
    for when in {*early} - {decided}:
        assert early.count(when) <= failed.count(when)
    for when in {when for when in failed if when < decided}:
        everybody = sum(each <= when for each in times) == len(it.parts)
        assert everybody or times.count(when) >= failed.count(when)
    assert len(times) == len(it.parts) or decided - times[-1] <= it.after

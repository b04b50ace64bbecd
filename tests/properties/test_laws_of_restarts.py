"""Laws 19 and 20: what a restart keeps, and how many there may be, and when."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law
from test_laws_of_supervisors import check_account
from troupes import (
    STRATEGIES,
    Boom,
    Deed,
    Exit,
    Play,
    Troupe,
    in_silence,
    play,
    troupes,
)

from exeunt import (
    Agent,
    Backoff,
    Handle,
    Outcome,
    Reason,
    Request,
    open_supervisor,
)
from exeunt.exceptions import AgentClosed, AgentCrashed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

# --- law 19 ---


@law(
    "19 restart continuity",
    troupe=troupes(
        exits=(Exit.BODY,),
        restarts=("transient", "permanent"),
        deeds=(Deed.RETURN, Deed.RAISE),
        max_restarts=(50,),
        goodbyes=False,
    ),
    schedule=schedules(),
)
def test_a_restart_loses_nothing_but_its_turn(
    troupe: Troupe, schedule: Schedule
) -> None:
    it = play(troupe, schedule)
    assert it.error is None
    check_account(it)
    check_one_life(it)
    check_each_turn_is_had_once(it)


def check_one_life(it: Play) -> None:
    """Check that each agent had one life, whatever has happened in it."""
    for number in range(len(it.troupe.parts)):
        [life] = it.lives_of(number)
        assert life.outcome.reason == "stopped"
        assert life.outcome.restarts == len(it.log.where("entering", number)) - 1
        if it.troupe.strategy == "one_for_one":
            failed = [e for e in it.log.all("end", number) if e.detail == "failed"]
            # It does not come in again to find that it has nothing to do but to leave.
            assert len(failed) - 1 <= life.outcome.restarts <= len(failed)


def check_each_turn_is_had_once(it: Play) -> None:
    begun = it.log.numbers("begin")
    assert len({*begun}) == len(begun)
    # Who was started again in the middle of an ask does not know what became of it.
    accepted = {*it.log.numbers("accepted")}
    assert accepted <= {*begun} <= accepted | {*it.log.numbers("gave up")}
    for number in it.ended("failed"):
        assert it.log.sent[number].line.deed is Deed.RAISE
    for number in {*begun} - {*it.ended("failed"), *it.ended("interrupted")}:
        assert it.log.sent[number].line.deed is not Deed.RAISE
    if it.troupe.strategy == "one_for_one":
        assert it.ended("interrupted") == []
    # Each incarnation leaves before the next one enters.
    for number in range(len(it.troupe.parts)):
        came_and_went = [
            entry.what
            for entry in it.log.entries
            if entry.agent == number and entry.what in {"entered", "left"}
        ]
        assert came_and_went[::2] == ["entered"] * (len(came_and_went) // 2)
        assert came_and_went[1::2] == ["left"] * (len(came_and_went) // 2)


@law(
    "19 who is started again",
    troupe=troupes(
        exits=(Exit.BODY,),
        deeds=(Deed.RETURN, Deed.RAISE),
        restarts=("transient", "temporary"),
        max_restarts=(50,),
        goodbyes=False,
    ),
    schedule=schedules(),
)
def test_only_those_concerned_are_started_again(
    troupe: Troupe, schedule: Schedule
) -> None:
    it = play(troupe, schedule)
    crashed = {
        e.agent
        for e in it.log.all("end")
        if e.detail == "failed" and e.agent is not None
    }
    for number, part in enumerate(troupe.parts):
        again = len(it.log.where("entered", number)) - 1
        if part.restart == "temporary":
            assert again <= 0
        elif not crashed or not (concerned(troupe, number) & crashed):
            assert again == 0
    kept = [n for n in crashed if troupe.parts[n].restart == "transient"]
    if it.error is None and not it.backstage.outer.cancelled_caught:
        for number in kept:
            last = it.log.all("end", number)[-1].detail  # it may have stopped with that
            assert len(it.log.where("entered", number)) > 1 or last == "failed"


def concerned(troupe: Troupe, number: int) -> set[int]:
    """Return after whose crash this agent is started again."""
    match troupe.strategy:
        case "one_for_one":
            return {number}
        case "one_for_all":
            return {*range(len(troupe.parts))}
        case _:
            found = {number}
            for each in range(number, -1, -1):
                if each in found:
                    found |= {*troupe.used_by(each)}
            return found


# --- law 20 ---


class Bomb: ...


class Ping(Request[None]):
    """Answered by who is on stage."""


@attrs.define
class Martyr(Agent[Bomb | Ping]):
    came: list[float]
    went: list[float]

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.came.append(trio.current_time())
        yield

    async def handle(self, message: Bomb | Ping) -> None:
        if isinstance(message, Bomb):
            self.went.append(trio.current_time())
            raise Boom(len(self.went) - 1)


@attrs.frozen
class Ordeal:
    """Some crashes, and how many are forgiven, and how soon."""

    max_restarts: int
    within: int
    gaps: tuple[int, ...]  # seconds that the agent works before each crash
    backoff: Backoff | None
    strategy: str
    two: bool  # whether the crashes are of two agents in turn


@st.composite
def ordeals(draw: st.DrawFn) -> Ordeal:
    first = draw(st.integers(0, 3))
    chance = draw(st.sampled_from((0.0, 0.25, 1.0)))
    backoff = Backoff(
        first=first,
        most=first + draw(st.integers(0, 9)),
        jitter=draw(st.sampled_from((0, 0.5, 1))),
        chance=lambda: chance,
    )
    return Ordeal(
        max_restarts=draw(st.integers(0, 4)),
        within=draw(st.integers(1, 12)),
        gaps=tuple(draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))),
        backoff=draw(st.sampled_from((None, backoff))),
        strategy=draw(st.sampled_from(("one_for_one", "rest_for_one"))),
        two=draw(st.booleans()),
    )


@attrs.frozen
class Prediction:
    came: tuple[list[float], list[float]]
    went: tuple[list[float], list[float]]
    failed: list[float] | None  # when those failures were that are raised


def predict(it: Ordeal) -> Prediction:
    """Work out when the agents crash and come back, without any agents."""
    came: tuple[list[float], list[float]] = [0.0], [0.0]
    went: tuple[list[float], list[float]] = [], []
    forgiven: list[float] = []
    now, crashes = 0.0, [0, 0]
    for turn, gap in enumerate(it.gaps):
        now += gap
        who = turn % 2 if it.two else 0
        went[who].append(now)
        recent = [when for when in forgiven if now - when < it.within]
        if len(recent) >= it.max_restarts:
            return Prediction(came, went, [*recent, now])
        forgiven.append(now)
        crashes[who] += 1
        if it.backoff is not None:
            if now - came[who][-1] > it.backoff.most:
                crashes[who] = 1
            doubled = min(it.backoff.most, it.backoff.first * 2 ** (crashes[who] - 1))
            now += doubled * (1 - it.backoff.jitter * it.backoff.chance())
        came[who].append(now)
    return Prediction(came, went, None)


@law("20 restart budget", ordeal=ordeals(), schedule=schedules())
def test_no_more_restarts_than_allowed_and_each_when_it_is_due(
    ordeal: Ordeal, schedule: Schedule
) -> None:
    came: tuple[list[float], list[float]] = [], []
    went: tuple[list[float], list[float]] = [], []
    with in_silence():
        raised = schedule.run(_go_through, ordeal, came, went)
    expected = predict(ordeal)
    assert went == expected.went
    assert came == expected.came
    check_window(ordeal, [*came[0][1:], *came[1][1:]], [*went[0], *went[1]])
    if expected.failed is None:
        assert raised == []
    else:
        assert [type(error) for error in raised] == [Boom] * len(raised)
        assert len(raised) == len(expected.failed)
    if not ordeal.two:  # the numbers are those of one agent
        numbers = [error.args[0] for error in raised]
        assert numbers == [*range(len(went[0]))][len(went[0]) - len(raised) :]


def check_window(it: Ordeal, came: list[float], went: list[float]) -> None:
    forgiven = sorted(went)[: len(came)]
    for when in forgiven:
        window = [each for each in forgiven if when - it.within < each <= when]
        assert len(window) <= it.max_restarts


async def _go_through(
    it: Ordeal,
    came: tuple[list[float], list[float]],
    went: tuple[list[float], list[float]],
) -> list[Any]:
    strategy: Any = it.strategy
    try:
        async with open_supervisor(
            strategy=strategy,
            max_restarts=it.max_restarts,
            within=it.within,
            backoff=it.backoff,
        ) as supervisor:
            agents = [
                await supervisor.start(
                    Martyr, came[n], went[n], uses=[], restart="transient"
                )
                for n in range(2)
            ]
            for turn, gap in enumerate(it.gaps):
                await trio.sleep(gap)
                await _bomb(agents[turn % 2 if it.two else 0])
    except ExceptionGroup as group:
        return [*group.exceptions]
    return []


async def _bomb(agent: Handle[Any]) -> None:
    await agent.send(Bomb())
    with suppress(AgentClosed):
        await agent.ask(Ping())  # it is back


@law(
    "19 pending asks",
    many=st.integers(1, 6),
    bad=st.sets(st.integers(0, 5)),
    capacity=st.integers(0, 3),
    schedule=schedules(),
)
def test_asks_that_wait_outlive_a_crash(
    many: int, bad: set[int], capacity: int, schedule: Schedule
) -> None:
    answers: dict[int, object] = {}

    async def ask(agent: Handle[Any], number: int) -> None:
        try:
            answers[number] = await agent.ask(Number(number))
        except AgentCrashed as crashed:
            answers[number] = crashed.__cause__

    async def program() -> None:
        async with open_supervisor(max_restarts=9) as supervisor:
            agent = await supervisor.start(
                Oracle, bad, restart="transient", capacity=capacity
            )
            async with trio.open_nursery() as askers:
                for number in range(many):
                    askers.start_soon(ask, agent, number)

    with in_silence():
        schedule.run(program)
    assert len(answers) == many
    for number, answer in answers.items():
        assert isinstance(answer, Boom) if number in bad else answer == number


@attrs.frozen
class Number(Request[int]):
    number: int


@attrs.define
class Oracle(Agent[Number]):
    bad: set[int]

    async def handle(self, message: Number) -> int:
        await trio.lowlevel.checkpoint()
        if message.number in self.bad:
            raise Boom(message.number)
        return message.number


@law(
    "15 a forgiven crash",
    end=st.sampled_from(("cancel", "stop", "supervisor", "outer", "body")),
    at=st.integers(0, 7),
    slow=st.integers(0, 2),
    strategy=st.sampled_from(STRATEGIES),
    schedule=schedules(),
)
def test_what_was_forgiven_is_not_raised_whatever_comes_before_the_restart(
    end: str, at: int, slow: int, strategy: str, schedule: Schedule
) -> None:
    with in_silence():
        outcome = schedule.run(_forgive_and_end, end, at, slow, strategy)
    ledger = outcome.ledger
    assert (ledger.failed, ledger.undelivered) in {(1, 0), (0, 1)}
    assert outcome.error is None
    assert outcome.reason == ("stopped" if end in {"stop", "body"} else "cancelled")


async def _forgive_and_end(end: str, at: int, slow: int, strategy: Any) -> Outcome:
    backoff = Backoff(first=5, most=5, jitter=0)
    with trio.CancelScope() as outer:
        async with open_supervisor(strategy=strategy, backoff=backoff) as supervisor:
            victim = await supervisor.start(Slow, slow, restart="transient")
            await supervisor.start(Slow, slow, restart="transient")
            victim.send_nowait(Bomb())
            await trio.sleep(at)
            match end:
                case "cancel":
                    victim.cancel()
                    await victim.wait_closed()
                case "stop":
                    victim.stop()
                    await victim.wait_closed()
                case "supervisor":
                    supervisor.cancel()
                case "outer":
                    outer.cancel()
                case _:
                    pass
    assert victim.outcome is not None
    return victim.outcome


@attrs.define
class Slow(Agent[Bomb]):
    """Takes its time to leave."""

    seconds: int

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await trio.sleep(self.seconds)

    async def handle(self, message: Bomb) -> None:
        raise Boom


@law(
    "19 a permanent agent comes back",
    ends=st.lists(st.sampled_from(("stop", "cancel", "crash")), max_size=5),
    queued=st.integers(0, 3),
    strategy=st.sampled_from(STRATEGIES),
    schedule=schedules(),
)
def test_a_permanent_agent_is_there_again_after_every_end(
    ends: list[str], queued: int, strategy: str, schedule: Schedule
) -> None:
    with in_silence():
        came, outcomes = schedule.run(_end_and_ask, ends, queued, strategy)
    assert len(came) == len(ends) + 1
    lost = sum(len(outcome.undelivered) for outcome in outcomes)
    handled = sum(outcome.ledger.handled for outcome in outcomes)
    cancelled = ends.count("cancel")
    # A mailbox outlives a crash; the end of a life accounts for what is left in it.
    assert [o.reason for o in outcomes].count(Reason.CANCELLED) == cancelled
    assert lost == queued * cancelled
    assert handled <= (queued + 1) * len(ends) + 1


async def _end_and_ask(
    ends: list[str], queued: int, strategy: Any
) -> tuple[list[float], tuple[Outcome, ...]]:
    came: list[float] = []
    async with open_supervisor(strategy=strategy, max_restarts=9) as supervisor:
        agent = await supervisor.start(Martyr, came, [], restart="permanent")
        for end in ends:
            if end == "crash":
                agent.send_nowait(Bomb())
            for _ in range(queued):
                agent.send_nowait(Ping())
            if end == "stop":
                agent.stop()
            elif end == "cancel":
                agent.cancel()
            await supervisor.idle()
            await agent.ask(Ping())
    return came, supervisor.outcomes


pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")

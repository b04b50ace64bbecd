"""T19: hedge, first valid, quorum."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf
from typing import Any, Literal

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Line, Player, attempt

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Reply,
    Request,
    first_valid,
    hedge,
    quorum,
    start,
)
from exeunt.exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    MessageDropped,
    Refusal,
    TooFewAnswers,
    WrongRun,
)


@attrs.frozen
class Question(Request[Any], linked=True):
    """What an expert answers in its own way."""


@attrs.define
class Expert(Agent[Question | Line]):
    """Takes its time and gives its answer, or raises it; leaves in its own time."""

    seconds: float
    answer: object = None
    leaving: float = 0
    asked_at: list[float] = attrs.field(factory=list)

    async def handle(self, message: Question | Line) -> object:
        self.asked_at.append(trio.current_time())
        try:
            await trio.sleep(self.seconds)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(self.leaving)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def itself(expert: Expert) -> Expert:
    return expert


async def experts(nursery: trio.Nursery, *made: Expert) -> list[Handle[Any]]:
    return [await start(nursery, itself, expert) for expert in made]


async def test_T19_1_hedge_asks_the_next_one_whenever_after_has_passed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [Expert(9), Expert(9), Expert(1), Expert(0)]
    await hedge(await experts(nursery, *asked), Question(), after=2)
    assert [it.asked_at for it in asked] == [[0], [2], [4], []]


async def test_T19_2_a_hedge_asks_the_next_one_at_once_when_an_ask_fails(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [Expert(1, Refusal()), Expert(9), Expert(1)]
    await hedge(await experts(nursery, *asked), Question(), after=5)
    assert [it.asked_at for it in asked] == [[0], [1], [6]]


async def test_T19_3_the_first_answer_to_a_hedge_is_returned(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = await experts(nursery, Expert(5, "late"), Expert(1, "soon"))
    assert await hedge(asked, Question(), after=2) == "soon"
    assert await hedge(asked, Question(), after=4.5) == "late"


async def test_T19_4_first_valid_returns_the_first_acceptable_answer(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [Expert(3, "late"), Expert(1, ""), Expert(2, "soon")]
    answer = await first_valid(
        await experts(nursery, *asked), Question(), accept=lambda answer: answer != ""
    )
    assert answer == "soon"
    assert [it.asked_at for it in asked] == [[0], [0], [0]]


async def test_T19_5_quorum_returns_the_first_acceptable_answers_in_order(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [Expert(4, "d"), Expert(3, "c"), Expert(1, "a"), Expert(2, "b")]
    answers = await quorum(
        await experts(nursery, *asked),
        Question(),
        count=2,
        accept=lambda answer: answer != "b",
    )
    assert answers == ["a", "c"]
    assert trio.current_time() == 3
    assert [it.asked_at for it in asked] == [[0], [0], [0], [0]]


async def busy(
    nursery: trio.Nursery,
    capacity: int,
    overflow: Literal["wait", "refuse", "drop_newest"] = "wait",
) -> Handle[Any]:
    """Return an agent that is in a turn which does not end."""
    agent = await start(nursery, Expert, inf, capacity=capacity, overflow=overflow)
    await agent.send(Line("keep busy"))
    await wait_all_tasks_blocked()
    return agent


async def losers(nursery: trio.Nursery) -> list[Handle[Any]]:
    """Return an agent that begins, one that is busy, and one that has no room."""
    slow = await start(nursery, Expert, inf, None, 3)
    return [slow, await busy(nursery, 1), await busy(nursery, 0)]


async def check_nothing_is_left(losers: list[Handle[Any]]) -> None:
    assert losers[0].statistics().handling is None
    assert losers[2].statistics().blocked_senders == 0
    for agent in losers:
        agent.cancel()
    assert [(await agent.wait_closed()).ledger for agent in losers] == [
        Ledger(accepted=1, interrupted=1),
        Ledger(accepted=2, interrupted=1, abandoned=1),
        Ledger(accepted=1, interrupted=1),
    ]


async def test_T19_6_nothing_of_the_request_is_left_when_it_returns(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = await losers(nursery)
    winner = await start(nursery, Expert, 1, "answer")
    await first_valid([*asked, winner], Question(), accept=bool)
    assert trio.current_time() == 4  # the slow one needs another 3 s to leave
    await check_nothing_is_left(asked)


async def test_T19_7_nothing_of_it_is_left_when_it_raises_or_is_cancelled(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = await losers(nursery)
    refuser = await start(nursery, Expert, 1, Refusal())
    with pytest.raises(TooFewAnswers):
        await quorum([*asked, refuser], Question(), count=4)
    assert trio.current_time() == 4
    await check_nothing_is_left(asked)

    asked = await losers(nursery)
    with trio.move_on_after(1) as scope:
        await hedge(asked, Question(), after=0)
    assert scope.cancelled_caught
    assert trio.current_time() == 8
    await check_nothing_is_left(asked)


async def test_T19_8_a_request_that_is_not_linked_is_refused(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    for attempted in (
        attempt(lambda: hedge([player], Line("hello"), after=1)),
        attempt(lambda: first_valid([player], Line("hello"), accept=bool)),
        attempt(lambda: quorum([player], Line("hello"), count=1)),
    ):
        assert type(await attempted) is TypeError
    assert player.statistics().ledger == Ledger()


async def handle_of_another_run() -> Handle[Any]:
    async with trio.open_nursery() as nursery, await start(nursery, Player) as player:
        return player


async def test_T19_9_what_is_a_failed_ask_and_what_is_not(
    autojump_clock: MockClock,
) -> None:
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            refuser = await start(nursery, Expert, 0, Refusal())
            crasher = await start(nursery, Expert, 1, ValueError())
            closed = await start(nursery, Expert, 0)
            await closed.aclose()
            full = await busy(nursery, 1, "refuse")
            dropping = await busy(nursery, 1, "drop_newest")
            full.send_nowait(Line("takes up the room"))
            dropping.send_nowait(Line("takes up the room"))
            with trio.CancelScope(shield=True):
                asked = [closed, refuser, crasher, full, dropping]
                error = await attempt(
                    lambda: first_valid(asked, Question(), accept=bool)
                )
    assert isinstance(error, TooFewAnswers)
    kinds = {type(each) for each in error.errors}
    assert kinds == {AgentClosed, AgentCrashed, MailboxFull, MessageDropped, Refusal}

    stranger = await trio.to_thread.run_sync(trio.run, handle_of_another_run)
    async with trio.open_nursery() as nursery:
        expert = await start(nursery, Expert, inf)
        with pytest.raises(WrongRun):
            await quorum([expert, stranger], Question(), count=1)
        expert.stop()
    assert expert.statistics().handling is None


async def test_T19_10_too_few_answers_comes_as_soon_as_it_is_sure(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    no = Refusal()
    asked = [Expert(1, "a"), Expert(2, no), Expert(3, "b"), Expert(9, "c")]
    question = Question()
    with pytest.raises(TooFewAnswers) as raised:
        await quorum(
            await experts(nursery, *asked),
            question,
            count=3,
            accept=lambda answer: answer != "b",
        )
    assert trio.current_time() == 3
    assert raised.value.message is question
    assert raised.value.answers == ("a", "b")
    assert raised.value.errors == (no,)


async def test_T19_11_accept_is_called_in_the_callers_task_until_it_is_enough(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[tuple[object, trio.lowlevel.Task]] = []

    def accept(answer: object) -> bool:
        seen.append((answer, trio.lowlevel.current_task()))
        return answer != "a"

    made = [Expert(1, "a"), Expert(2, "b"), Expert(2, "b"), Expert(3, "c")]
    asked = await experts(nursery, *made)
    assert await first_valid(asked, Question(), accept=accept) == "b"
    here = trio.lowlevel.current_task()
    assert seen == [("a", here), ("b", here)]


async def test_T19_12_what_is_raised_reaches_the_caller_as_itself(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    def accept(_answer: object) -> bool:
        raise group

    group = ExceptionGroup("of the caller's own", [ValueError()])
    asked = await experts(nursery, Expert(1), Expert(9), Expert(9))
    with pytest.raises(ExceptionGroup) as raised:
        await first_valid(asked, Question(), accept=accept)
    assert raised.value is group
    with trio.CancelScope() as scope:
        scope.cancel()
        with pytest.raises(trio.Cancelled):
            await quorum(asked, Question(), count=1)


async def test_T19_13_an_answer_is_not_lost_while_the_losers_leave(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    made = Expert(1, "answer"), Expert(inf, leaving=5), Expert(inf, leaving=5)
    asked = await experts(nursery, *made)
    with trio.move_on_after(3) as scope:
        assert await first_valid(asked, Question(), accept=bool) == "answer"
        assert trio.current_time() == 6
    assert scope.cancel_called
    assert not scope.cancelled_caught


async def test_T19_14_an_agent_that_is_named_twice_is_asked_twice(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    (expert,) = await experts(nursery, Expert(1, "answer"))
    answers = await quorum([expert, expert], Question(), count=2)
    assert answers == ["answer", "answer"]
    assert expert.statistics().ledger == Ledger(accepted=2, handled=2)


@attrs.frozen
class Consult(Request[Any]):
    """Makes an agent ask itself, and these as well."""

    others: list[Handle[Any]]


class Doubter(Agent[Consult | Question]):
    async def handle(self, message: Consult | Question) -> object:
        match message:
            case Consult(others):
                asked = [self.context.handle, *others]
                return await first_valid(asked, Question(), accept=bool)
            case _:
                return "its own answer"


async def test_T19_15_an_agent_that_asks_itself_and_others_hears_the_others(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    doubter = await start(nursery, Doubter)
    other = await start(nursery, Expert, 1, "another answer")
    assert await doubter.ask(Consult([other])) == "another answer"

    alone = Call(nursery, doubter.ask, Consult([]))
    await trio.sleep(1_000)
    assert alone.pending
    doubter.cancel()
    await wait_all_tasks_blocked()
    assert isinstance(alone.result, AgentClosed)


class Postponer(Agent[Question]):
    """Defers its replies to a helper, which takes its time."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.helpers:
            yield

    async def handle(self, message: Question) -> None:
        self.helpers.start_soon(self.answer, self.context.defer(message))

    async def answer(self, reply: Reply[str]) -> None:
        await trio.sleep(5)
        self.done.append("the work")
        reply.send("too late")


async def test_T19_16_what_is_done_for_a_deferred_reply_goes_on(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    done: list[str] = []
    postponer = await start(nursery, Postponer, done)
    winner = await start(nursery, Expert, 1, "answer")
    asked: list[Handle[Any]] = [postponer, winner]
    assert await first_valid(asked, Question(), accept=bool) == "answer"
    assert trio.current_time() == 1
    assert not done
    await postponer.aclose()
    assert done == ["the work"]

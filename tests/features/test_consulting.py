"""Asking several: what happens in the same instant, and what is kept."""

import gc
import weakref
from contextlib import suppress
from math import inf
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

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
from exeunt.exceptions import AgentClosed, Refusal, TooFewAnswers


@attrs.frozen
class Question(Request[Any], linked=True):
    pass


@attrs.define(slots=False)
class Expert(Agent[Question]):
    seconds: float
    answer: object = None

    async def handle(self, message: Question) -> object:
        await trio.sleep(self.seconds)
        if isinstance(self.answer, Refusal):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [None, 0, "", ValueError("returned, not raised")])
async def test_any_answer_is_an_answer(nursery: trio.Nursery, answer: object) -> None:
    expert = await start(nursery, Expert, 0, answer)
    assert await hedge([expert], Question(), after=1) is answer


async def test_a_hedge_that_is_answered_in_time_asks_nobody_else(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    first = await start(nursery, Expert, 1, "answer")
    second = await start(nursery, Expert, 0)
    assert await hedge((first, second), Question(), after=2) == "answer"
    assert second.statistics().ledger == Ledger()
    assert trio.current_time() == 1


async def test_a_hedge_that_waits_no_time_asks_all(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [await start(nursery, Expert, seconds, seconds) for seconds in (3, 2, 1)]
    assert await hedge(asked, Question(), after=0) == 1
    assert trio.current_time() == 1


async def test_the_last_one_that_a_hedge_asks_has_all_the_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [await start(nursery, Expert, 500, number) for number in range(2)]
    assert await hedge(asked, Question(), after=1) == 0
    assert trio.current_time() == 500


async def test_a_hedge_to_which_nobody_answers_carries_every_failure_in_order(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    errors = [Refusal(str(number)) for number in range(3)]
    asked = [
        await start(nursery, Expert, seconds, error)
        for seconds, error in zip((5, 1, 0), errors, strict=True)
    ]
    with pytest.raises(TooFewAnswers) as raised:
        await hedge(asked, Question(), after=2)
    # The second one is asked at 2 and fails at 3, and so the third one is asked.
    assert raised.value.errors == (errors[1], errors[2], errors[0])
    assert raised.value.__cause__ is errors[1]
    assert trio.current_time() == 5


async def test_without_a_failure_too_few_answers_has_no_cause(
    nursery: trio.Nursery,
) -> None:
    expert = await start(nursery, Expert, 0)
    with pytest.raises(TooFewAnswers) as raised:
        await first_valid([expert], Question(), accept=bool)
    assert raised.value.__cause__ is None
    assert raised.value.answers == (None,)


async def test_answers_of_one_instant_are_counted_one_by_one(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asked = [await start(nursery, Expert, 1, number) for number in range(5)]
    answers = await quorum(asked, Question(), count=3)
    assert len(set(answers)) == len(answers) == 3
    assert sorted(await quorum(asked, Question(), count=5)) == [0, 1, 2, 3, 4]


async def test_a_call_in_a_cancelled_scope_asks_nobody(nursery: trio.Nursery) -> None:
    expert = await start(nursery, Expert, 0)
    with trio.CancelScope() as scope:
        scope.cancel()
        await hedge([expert, expert], Question(), after=1)
    assert scope.cancelled_caught
    assert expert.statistics().ledger == Ledger()


async def test_a_call_that_need_not_wait_is_a_checkpoint(
    nursery: trio.Nursery,
) -> None:
    closed = await start(nursery, Expert, 0)
    await closed.aclose()
    with trio.testing.assert_checkpoints(), pytest.raises(TooFewAnswers) as raised:
        await hedge([closed], Question(), after=1)
    assert isinstance(raised.value.__cause__, AgentClosed)


async def test_an_error_wins_over_a_cancellation_of_the_same_instant(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    def accept(_answer: object) -> bool:
        scope.cancel()
        raise error

    error = ZeroDivisionError()
    asked = [await start(nursery, Expert, seconds) for seconds in (1, inf, inf)]
    with trio.CancelScope() as scope, pytest.raises(ZeroDivisionError) as raised:
        await first_valid(asked, Question(), accept=accept)
    assert raised.value is error
    assert raised.value.__context__ is None


async def test_two_calls_do_not_get_in_each_others_way(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def call(seconds: float) -> None:
        with trio.move_on_after(seconds):
            results.append(await quorum(asked, question, count=2))

    question, results = Question(), list[list[object]]()
    asked = [await start(nursery, Expert, 2, number) for number in range(2)]
    async with trio.open_nursery() as callers:
        callers.start_soon(call, inf)
        await wait_all_tasks_blocked()
        callers.start_soon(call, 3)
    assert [sorted(each) for each in results] == [[0, 1]]  # type: ignore[type-var]
    for agent in asked:
        assert agent.statistics().ledger == Ledger(2, handled=1, interrupted=1)


class Asker(Agent[Question]):
    """Passes on what it is asked, from its own turn."""

    def __init__(self, others: list[Handle[Any]]) -> None:
        self.others = others

    async def handle(self, message: Question) -> object:
        return await hedge(self.others, message, after=1)


async def test_leaving_a_chain_of_hedges_ends_all_their_turns(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    last = [await start(nursery, Expert, inf) for _ in range(3)]
    middle = [await start(nursery, Asker, list[Handle[Any]](last)) for _ in range(2)]
    first = await start(nursery, Asker, list[Handle[Any]](middle))
    with trio.move_on_after(10):
        await first.ask(Question())
    for agent in (*last, *middle, first):
        assert agent.statistics().handling is None
        agent.stop()


class Maker(Agent[Question]):
    """Makes each answer anew."""

    def __init__(self, make: type) -> None:
        self.make = make

    async def handle(self, message: Question) -> object:
        return self.make()


async def test_nothing_is_kept_of_a_call_that_raised(nursery: trio.Nursery) -> None:
    class Answer:
        pass

    def accept(answer: Answer) -> bool:
        seen.append(weakref.ref(answer))
        raise ValueError

    async def call() -> None:
        with suppress(ValueError):
            await first_valid([maker], Question(), accept=accept)

    seen: list[weakref.ref[Answer]] = []
    maker = await start(nursery, Maker, Answer)
    gc.disable()
    try:
        await call()
        assert seen[0]() is None
    finally:
        gc.enable()
    maker.stop()

"""What is asked is paid; that it is never above the budget is a law elsewhere."""

from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio

from exeunt.team.budget import Budget, OverBudget
from exeunt.team.journal import CannotRemember, Journal
from exeunt.team.models.budgeted import Budgeted, spent_before
from exeunt.team.models.errors import (
    Busy,
    Cut,
    Down,
    Malformed,
    Refused,
    Retryable,
)
from exeunt.team.models.model import Answer, Message, Prompt
from exeunt.team.models.price import Price
from exeunt.team.models.simulated import Simulated
from exeunt.testing import sweep_cancellation, victim

PROMPT = Prompt(messages=(Message("user", "say it"),), max_tokens=50, seed=1)
PRICE = Price(2, 3)
WHOLE = PRICE.estimate(PROMPT)


def saying(text: str) -> Simulated:
    return Simulated(p=1, speech=lambda *_: text)


@attrs.define
class Failing:
    error: Exception
    name = "failing"

    async def complete(self, prompt: Prompt) -> Answer:
        raise self.error

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> Any:
        async with saying("one two").stream(prompt) as pieces:
            yield pieces
            raise self.error


async def test_an_answer_is_paid_as_its_usage_says() -> None:
    budget = Budget(1_000)
    model = Budgeted(saying("one two three"), budget.part("a"), PRICE)
    answer = await model.complete(PROMPT)
    assert (budget.spent, budget.reserved) == (2 * 2 + 3 * 3, 0)
    assert PRICE.cost(answer.usage) == budget.spent
    async with model.stream(PROMPT) as pieces:
        said = [piece async for piece in pieces]
    assert said[-1] == answer
    assert (budget.spent, budget.part("a").spent) == (26, 26)
    assert model.name == "simulated"


async def test_nobody_is_asked_what_cannot_be_paid() -> None:
    journal, budget = Journal.in_memory(), Budget(WHOLE - 1, "crew")
    model = Budgeted(Failing(AssertionError()), budget, PRICE, journal)
    with pytest.raises(OverBudget) as refused:
        await model.complete(PROMPT)
    assert (refused.value.asked, refused.value.left) == (WHOLE, WHOLE - 1)
    with pytest.raises(OverBudget):
        await model.stream(PROMPT).__aenter__()
    assert (budget.spent, budget.reserved, journal.records) == (0, 0, [])


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (Refused("no"), 0),
        (Busy("later"), 0),
        (Down("nobody is there"), 0),
        (Retryable("lost"), WHOLE),
        (Malformed("what?"), WHOLE),
        (ZeroDivisionError(), WHOLE),
        (Cut("off", partial="four"), PRICE.so_far(PROMPT, "four")),
        (Cut("off", partial="x" * 99), WHOLE),
    ],
)
async def test_what_failed_costs_what_it_may_have_cost(
    error: Exception, cost: int
) -> None:
    journal, budget = Journal.in_memory(), Budget(1_000)
    model = Budgeted(Failing(error), budget, PRICE, journal)
    with pytest.raises(type(error)):
        await model.complete(PROMPT)
    assert (budget.spent, budget.reserved) == (cost, 0)
    assert spent_before(journal) == {"budget": cost}


async def test_a_stream_that_is_left_costs_what_has_come() -> None:
    budget = Budget(1_000)
    model = Budgeted(saying("one two three"), budget, PRICE)
    async with model.stream(PROMPT) as pieces:
        assert budget.reserved == WHOLE
        assert await pieces.receive() == "one"
    assert budget.spent == PRICE.so_far(PROMPT, "one")
    with pytest.raises(Refused):
        async with Budgeted(Failing(Refused("no")), budget, PRICE).stream(
            PROMPT
        ) as pieces:
            assert await pieces.receive() == "one"
    assert budget.spent == 2 * PRICE.so_far(PROMPT, "one")


async def test_what_cannot_be_written_down_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal, budget = Journal.in_memory(), Budget(1_000)
    model = Budgeted(Failing(AssertionError("asked")), budget, PRICE, journal)

    async def keep(line: bytes) -> None:
        await trio.lowlevel.checkpoint()
        raise OSError("No space left on device")

    monkeypatch.setattr(journal._store, "keep", keep)
    with pytest.raises(CannotRemember):
        await model.complete(PROMPT)
    assert (budget.spent, budget.reserved) == (0, 0)


def test_wherever_the_cancel_comes_the_books_are_in_order() -> None:
    async def scenario() -> None:
        journal, budget = Journal.in_memory(), Budget(1_000)
        model = Budgeted(
            Simulated(p=1, seconds=(1, 3), speech=lambda *_: "one two"),
            budget.part("a"),
            PRICE,
            journal,
        )

        async def listen() -> None:
            async with model.stream(PROMPT) as pieces:
                async for _ in pieces:
                    pass

        with victim():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(model.complete, PROMPT)
                nursery.start_soon(listen)
        assert budget.reserved == 0
        before = spent_before(journal)
        assert sum(before.values()) == budget.spent == budget.part("a").spent

    swept = sweep_cancellation(scenario, schedules=5)
    assert swept.runs > 50

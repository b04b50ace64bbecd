"""What a run may cost: in tokens, or in dollars."""

import pytest

from exeunt.commands._money import BadMoney, Money
from exeunt.team.models.price import DOLLAR, Price


def test_without_prices_tokens_are_counted() -> None:
    money = Money.of(None, [], 2)
    assert money.prices == (Price.tokens(), Price.tokens())
    assert money.limit == 200_000
    assert money.told(1234) == "1,234 tokens"


def test_with_prices_dollars_are() -> None:
    money = Money.of("0.5", [["0.15", "0.60"]], 2)
    assert money.prices == (Price(150_000, 600_000),) * 2
    assert money.limit == DOLLAR // 2
    assert money.told(1234 * 150_000) == "$0.0002"
    assert Money.of(None, [["1", "1"]], 1).limit == DOLLAR


def test_each_model_may_have_a_price_of_its_own() -> None:
    money = Money.of("1", [["1", "2"], ["3", "4"]], 2)
    assert money.prices == (Price.dollars("1", "2"), Price.dollars("3", "4"))


def test_a_budget_of_nothing_is_a_budget() -> None:
    assert Money.of("0", [], 1).limit == 0


@pytest.mark.parametrize("budget", ["-1", "x", "0.5", "nan", "inf", "-0.1"])
def test_what_is_no_budget_is_said(budget: str) -> None:
    with pytest.raises(BadMoney, match=f"a number from 0 on, not {budget}"):
        Money.of(budget, [], 1)


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ([["1", "x"]], "--price: 'x' is no amount of dollars"),
        ([["-1", "1"]], "--price: '-1' is no amount"),
        ([["1", "1"], ["2", "2"]], "there are 2 --price for 3 models"),
    ],
)
def test_what_is_no_price_is_said(prices: list[list[str]], says: str) -> None:
    with pytest.raises(BadMoney, match=says):
        Money.of(None, prices, 3)

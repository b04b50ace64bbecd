"""A tree of accounts; that it adds up is a law, in tests/properties."""

import pytest

from exeunt.team.budget import Budget, OverBudget


def test_what_is_never_settled_is_paid_as_a_whole() -> None:
    budget = Budget(100)
    with budget.reserve(30):
        assert (budget.reserved, budget.spent, budget.left) == (30, 0, 70)
    assert (budget.reserved, budget.spent, budget.left) == (0, 30, 70)


def test_the_last_word_counts() -> None:
    budget = Budget(100)
    with pytest.raises(ZeroDivisionError), budget.reserve(30) as reservation:
        reservation.settle(5)
        reservation.settle(7)
        raise ZeroDivisionError
    assert budget.spent == 7


def test_a_refusal_names_the_account_that_has_too_little() -> None:
    crew = Budget(100, "crew")
    engineer = crew.part("slugify", 40)
    with pytest.raises(OverBudget) as refused, engineer.reserve(41):
        pass
    error = refused.value
    assert (error.account, error.asked, error.left) == ("crew/slugify", 41, 40)
    with crew.reserve(80):
        with pytest.raises(OverBudget) as refused, engineer.reserve(30):
            pass
        assert (refused.value.account, refused.value.left) == ("crew", 20)
        assert (engineer.left, engineer.reserved) == (20, 0)
    assert str(error) == (
        "crew/slugify has 40 left, and 41 are asked for: give it more, or ask for less"
    )


def test_a_budget_of_nothing_pays_nothing() -> None:
    budget = Budget(0)
    with budget.reserve(0):
        pass
    with pytest.raises(OverBudget), budget.reserve(1):
        pass
    assert (budget.spent, budget.left) == (0, 0)


def test_an_account_may_be_overdrawn_by_what_a_cost_was_above_its_reservation() -> None:
    budget = Budget(10)
    with budget.reserve(10) as reservation:
        reservation.settle(13)
    assert (budget.spent, budget.left) == (13, 0)
    with pytest.raises(OverBudget), budget.reserve(1):
        pass


def test_the_same_name_is_the_same_part() -> None:
    crew = Budget(100, "crew")
    part = crew.part("a", 10)
    assert crew.part("a") is part is crew.part("a", 10)
    with pytest.raises(ValueError, match="crew/a has the limit 10, not 11"):
        crew.part("a", 11)
    assert crew.parts == (part,)
    assert (part.name, part.path) == ("a", "crew/a")
    assert repr(part) == "<Budget crew/a: 0 spent, 10 left>"


def test_a_part_begins_with_what_it_spent_before() -> None:
    before = {"crew/a": 5, "crew/a/b": 2, "crew/ab": 4, "crew": 1, "others": 9}
    crew = Budget(20, "crew", before=before)
    assert (crew.spent, crew.left) == (12, 8)
    part = crew.part("a", 10)
    assert (part.spent, part.left) == (7, 3)
    assert (part.part("b").spent, crew.part("ab").spent) == (2, 4)


@pytest.mark.parametrize("amount", [-1, -(10**20)])
def test_an_amount_is_never_below_nothing(amount: int) -> None:
    budget = Budget(1)
    with pytest.raises(ValueError, match="from 0 on"), budget.reserve(amount):
        pass
    with budget.reserve(1) as reservation, pytest.raises(ValueError, match="from 0 on"):
        reservation.settle(amount)
    with pytest.raises(ValueError, match="from 0 on"):
        Budget(amount)


def test_an_amount_is_whole_and_a_name_has_no_slash() -> None:
    with pytest.raises(TypeError):
        Budget(0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="slash"):
        Budget(1).part("a/b")


def test_a_reservation_is_not_settled_after_its_end() -> None:
    budget = Budget(10)
    with budget.reserve(5) as reservation:
        pass
    with pytest.raises(RuntimeError, match="inside its block"):
        reservation.settle(1)
    assert budget.spent == 5

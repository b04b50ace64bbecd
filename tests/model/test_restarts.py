"""Backoffs and budgets, as arithmetic."""

import pytest
from hypothesis import given, strategies as st

from exeunt import Backoff
from exeunt._model.restarts import Budget

SECONDS = st.integers(0, 1000)


@given(
    first=SECONDS,
    more=SECONDS,
    jitter=st.floats(0, 1),
    crashes=st.integers(1, 5000),
    chance=st.floats(0, 1),
)
def test_a_delay_is_within_its_bounds(
    first: int, more: int, jitter: float, crashes: int, chance: float
) -> None:
    backoff = Backoff(first, first + more, jitter)
    longest = backoff.delay(crashes, 0.0)
    assert first <= longest <= first + more
    assert longest * (1 - jitter) <= backoff.delay(crashes, chance) <= longest
    assert longest <= backoff.delay(crashes + 1, 0.0) <= max(2 * longest, first)


def test_delays_double_up_to_the_most() -> None:
    backoff = Backoff(first=1, most=10)
    assert [backoff.delay(n, 0.0) for n in range(1, 6)] == [1, 2, 4, 8, 10]
    assert backoff.delay(10**6, 0.0) == 10


def test_jitter_takes_its_share() -> None:
    assert Backoff(first=8, jitter=0).delay(1, 1.0) == 8
    assert Backoff(first=8, jitter=0.5).delay(1, 1.0) == 4
    assert Backoff(first=8, jitter=1).delay(1, 1.0) == 0


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"first": "1"}),
        (TypeError, {"first": True}),
        (TypeError, {"jitter": None}),
        (ValueError, {"first": -1}),
        (ValueError, {"most": float("inf")}),
        (ValueError, {"first": 2, "most": 1}),
        (ValueError, {"jitter": -0.1}),
    ],
)
def test_a_bad_backoff_is_refused(
    error: type[Exception], options: dict[str, float]
) -> None:
    with pytest.raises(error):
        Backoff(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("chance", [-0.5, 1.5])
def test_a_chance_is_a_share(chance: float) -> None:
    with pytest.raises(ValueError, match=rf"a number from 0 to 1, not {chance}$"):
        Backoff().delay(1, chance)


@given(
    most=st.integers(0, 4),
    within=st.integers(1, 10),
    gaps=st.lists(st.integers(0, 5), max_size=30),
)
def test_a_budget_is_never_exceeded_and_never_withheld(
    most: int, within: int, gaps: list[int]
) -> None:
    budget, now = Budget(most, within), 0
    granted: list[int] = []
    for gap in gaps:
        now += gap
        recent = [when for when in granted if when > now - within]
        failure = Exception(now)
        assert budget.spend(now, failure) == (len(recent) < most)
        if len(recent) < most:
            granted.append(now)
            recent.append(now)
        assert [error.args[0] for error in budget.failures] == recent

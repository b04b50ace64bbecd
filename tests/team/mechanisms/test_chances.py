"""The formulas against trying it out, and the figures that the literature has."""

from math import inf
from random import Random

import pytest

from exeunt.team.mechanisms.binomials import interval
from exeunt.team.mechanisms.gating import (
    Leakage,
    delivered,
    mutants_needed,
    tries,
    trust,
    whole,
)
from exeunt.team.mechanisms.pricing import Offer, cheapest, escalate
from exeunt.team.mechanisms.stopping import Posterior, patience
from exeunt.team.mechanisms.voting import (
    Race,
    chance,
    expected_votes,
    may_vote,
    needed_lead,
)

RACES = 2_000
POINTS = [(p, k) for p in (0.45, 0.6, 0.75, 0.9) for k in (1, 2, 3, 4)]


def race(random: Random, p: float, k: int, wrong: int = 1) -> tuple[bool, int]:
    """Run one race; return whether the right choice won, and how many votes it took."""
    votes = Race[int](k)
    while votes.winner is None:
        votes.vote(0 if random.random() < p else random.randint(1, wrong))
    return votes.winner == 0, votes.votes


@pytest.mark.parametrize(("p", "k"), POINTS)
def test_races_are_won_as_often_and_last_as_long_as_the_formulas_say(
    p: float, k: int
) -> None:
    random = Random(k)
    races = [race(random, p, k) for _ in range(RACES)]
    low, high = interval(sum(won for won, _ in races), RACES, confidence=0.99)
    assert low <= chance(p, k) <= high
    lengths = [n for _, n in races]
    mean = sum(lengths) / RACES
    spread = (sum((n - mean) ** 2 for n in lengths) / RACES) ** 0.5
    assert abs(mean - expected_votes(p, k)) <= 2.58 * spread / RACES**0.5


def test_several_wrong_choices_make_the_formula_a_lower_bound() -> None:
    random = Random(7)
    won = sum(race(random, p=0.45, k=3, wrong=5)[0] for _ in range(RACES))
    assert interval(won, RACES, confidence=0.99)[0] > 2 * chance(0.45, 3)


@pytest.mark.parametrize(("p", "alpha"), [(0.53, 0.09), (0.3, 0.3), (0.05, 0.02)])
def test_gates_let_through_what_the_formulas_say(p: float, alpha: float) -> None:
    random, took = Random(3), 0
    accepted: list[bool] = []
    while len(accepted) < RACES:
        took += 1
        right = random.random() < p
        if right or random.random() < alpha:
            accepted.append(right)
    low, high = interval(sum(accepted), RACES, confidence=0.99)
    assert low <= trust(p, alpha) <= high
    low, high = interval(RACES, took, confidence=0.99)
    assert low <= 1 / tries(p, alpha) <= high


def test_the_figures_are_those_of_the_literature() -> None:
    leads = [
        needed_lead(p, s) for p in (0.6, 0.8, 0.9, 0.99) for s in (10, 10**3, 10**6)
    ]
    assert leads == [13, 25, 42, 4, 8, 13, 3, 5, 8, 2, 3, 4]
    assert [patience(p, 0.05) for p in (0.2, 0.1)] == [13, 28]
    rights = [round(whole(0.53, alpha, 10), 3) for alpha in (0.88, 0.09, 0.05, 0.01)]
    assert rights == [0.003, 0.464, 0.648, 0.915]
    assert round(delivered(0.53, 0.1, 20) ** 10, 2) == 0.43
    assert mutants_needed(bound=0.02) == 149


def test_the_ends_of_the_scale() -> None:
    assert (round(chance(0, 3), 12), chance(1, 3), chance(0.5, 3)) == (0, 1, 0.5)
    assert (expected_votes(0.5, 4), expected_votes(0, 4), expected_votes(1, 4)) == (
        16,
        4,
        4,
    )
    assert chance(0.6, 10**6) == 1
    assert interval(0, 0) == (0, 1)
    assert interval(5, 5)[1] == 1
    assert Leakage(0, 0).estimate == 1
    assert Posterior().mean == 0.5
    assert Posterior(successes=3).above(0) == 1
    assert not may_vote(0, 0)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_chance_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="p is a chance from 0 to 1"):
        chance(p, 3)


def test_a_coin_is_not_made_right_by_votes() -> None:
    with pytest.raises(ValueError, match=r"right with 0\.5 is not made right"):
        needed_lead(0.5, 10)


def test_a_race_needs_a_lead() -> None:
    with pytest.raises(ValueError, match="k"):
        Race[str](0)


def test_voting_is_refused_on_a_kind_of_task_that_it_would_get_wrong() -> None:
    assert not may_vote(right=1, runner_up=60)
    assert not may_vote(right=20, runner_up=18)
    assert may_vote(right=74, runner_up=12)


def test_an_offer_that_never_succeeds_has_no_price() -> None:
    small, large = Offer("small", 1, 0), Offer("large", 30, 0.9)
    assert small.price_of_success == inf
    assert escalate(small, large)
    assert cheapest([small, large]) is large

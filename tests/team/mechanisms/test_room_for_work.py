"""Under load, a bound that follows from the deadline is better than a guess."""

from random import Random

import pytest

from exeunt.team.mechanisms.admission import Admission, Admitted, Full
from exeunt.team.mechanisms.overload import Constant, Doorkeeper, exponential, simulate


def always_the_same(_: Random, mean: float) -> float:
    return mean


DRAWS = pytest.mark.parametrize("draw", [exponential, always_the_same])


def goodput(door: Doorkeeper, load: float, **options: object) -> float:
    return simulate(door, load=load, jobs=6_000, **options).goodput  # type: ignore[arg-type]


@DRAWS
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("guess", [10.0, 30.0, 90.0])
def test_at_three_times_the_load_the_work_gets_done(
    draw: object, seed: int, guess: float
) -> None:
    door = Admission(workers=4, deadline=120, service=guess)
    assert goodput(door, load=3, draw=draw, seed=seed) >= 0.85


@DRAWS
@pytest.mark.parametrize("limit", [32, float("inf")])
def test_without_a_bound_or_with_a_large_one_nearly_all_comes_too_late(
    draw: object, limit: float
) -> None:
    assert goodput(Constant(limit), load=3, draw=draw) <= 0.02
    assert goodput(Constant(limit), load=1.5, draw=draw) <= 0.03


def test_no_constant_is_right_for_two_deadlines() -> None:
    for deadline, constant in ((60.0, 10), (300.0, 4)):
        door = Admission(workers=4, deadline=deadline, service=30)
        ours = goodput(door, load=1.5, deadline=deadline)
        assert ours >= goodput(Constant(constant), load=1.5, deadline=deadline) + 0.1


def test_a_team_without_load_refuses_hardly_anybody() -> None:
    day = simulate(Admission(workers=4, deadline=300, service=30), load=0.5)
    assert day.refused <= 0.01 * 2_000


def test_what_is_said_to_whoever_asks() -> None:
    door = Admission(workers=2, deadline=90, service=30)
    answers = [door.try_admit() for _ in range(6)]
    assert answers == [
        *[Admitted(30), Admitted(30), Admitted(45), Admitted(60)],
        *[Full(15), Full(15)],
    ]
    door.left(took=None)
    assert (door.inside, door.service) == (3, 30)
    assert door.try_admit() == Admitted(60)


def test_slower_work_leaves_less_room() -> None:
    door = Admission(workers=2, deadline=90, service=30)
    for _ in range(30):
        door.try_admit()
        door.left(took=60)
    assert 58 < door.service < 60
    assert door.limit == 2


def test_nobody_leaves_who_is_not_there() -> None:
    with pytest.raises(ValueError, match="no job inside"):
        Admission(workers=1, deadline=1, service=1).left()

"""`Schedule`: any order can be had, the same one again, and nothing hangs."""

import gc
import itertools
import signal
from collections import Counter
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import find, given, settings
from hypothesis.errors import NoSuchExample

from exeunt.testing import Schedule, Stalled
from exeunt.testing.strategies import schedules


async def three_tasks(steps: int = 1) -> tuple[int, ...]:
    order: list[int] = []

    async def task(number: int) -> None:
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
            order.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(task, number)
    return tuple(order)


def test_the_empty_schedule_is_first_come_first_served() -> None:
    assert Schedule().run(three_tasks, 2) == (0, 1, 2, 0, 1, 2)


def test_a_number_is_a_deviation() -> None:
    assert Schedule([2]).run(three_tasks) != Schedule().run(three_tasks)


def test_every_order_can_be_had() -> None:
    seen = Counter(
        Schedule(choices).run(three_tasks)
        for choices in itertools.product(range(3), repeat=5)
    )
    assert set(seen) == set(itertools.permutations(range(3)))


def test_a_plain_given_test_sees_one_order_and_a_drawn_schedule_them_all() -> None:
    plain, drawn = set(), set()

    @settings(max_examples=200, database=None)
    @given(schedule=schedules())
    def explore(schedule: Schedule) -> None:
        plain.add(trio.run(three_tasks))
        drawn.add(schedule.run(three_tasks))

    explore()
    assert len(plain) == 1
    assert len(drawn) == 6


def test_a_schedule_shrinks_to_the_step_that_matters() -> None:
    def third_goes_first(schedule: Schedule) -> bool:
        return schedule.run(three_tasks)[0] == 2

    smallest = find(schedules(), third_goes_first, settings=settings(database=None))
    assert sum(choice != 0 for choice in smallest.choices) <= 2
    with pytest.raises(NoSuchExample):
        find(
            schedules(),
            lambda s: s.run(three_tasks)[0] == 3,
            settings=settings(database=None, max_examples=200),
        )


def test_the_same_schedule_takes_the_same_steps() -> None:
    schedule = Schedule([1, 2, 0, 5])
    first = schedule.run(three_tasks, 3), schedule.steps, schedule.decisions
    assert (schedule.run(three_tasks, 3), schedule.steps, schedule.decisions) == first


def test_time_is_virtual() -> None:
    async def nap() -> float:
        start = trio.current_time()
        await trio.sleep(3600)
        return trio.current_time() - start

    assert Schedule().run(nap) == 3600


def test_a_program_that_waits_for_ever_is_stalled() -> None:
    async def wait() -> None:
        await trio.Event().wait()

    with pytest.raises(Stalled, match="every task waits"):
        Schedule().run(wait)


def test_a_program_that_turns_in_circles_is_stalled() -> None:
    async def spin() -> None:
        while True:
            await trio.lowlevel.checkpoint()

    with pytest.raises(Stalled, match="100,000 steps"):
        Schedule().run(spin)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_shield_does_not_keep_a_program_turning_in_circles() -> None:
    async def spin() -> None:
        with trio.CancelScope(shield=True):
            while True:
                await trio.lowlevel.checkpoint()

    with pytest.raises(Stalled, match="shields itself"):
        Schedule().run(spin)
    gc.collect()  # what was torn off complains here and not in another test


def test_the_program_can_be_disturbed_before_a_step() -> None:
    scope = trio.CancelScope()
    reached: list[int] = []

    async def count() -> None:
        with scope:
            for number in range(10):
                reached.append(number)
                await trio.lowlevel.checkpoint()

    Schedule().run(count, before={4: scope.cancel})
    undisturbed = len(reached)
    assert 0 < undisturbed < 10


def test_ctrl_c_reaches_the_program() -> None:
    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(BaseException) as raised:
        Schedule().run(three_tasks, 5, before={6: interrupt})
    error = raised.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, KeyboardInterrupt)


def test_its_repr_makes_it_again() -> None:
    assert repr(Schedule([0, 3])) == "Schedule([0, 3])"


def test_its_text_makes_it_again() -> None:
    schedule = Schedule([0, 3, 0, -2], granularity="tick", timers=True, seed=5)
    assert str(schedule) == "tick timers seed:5 1x3 3h2"
    assert Schedule.parse(str(schedule)) == schedule
    assert repr(schedule) == (
        "Schedule([0, 3, 0, -2], granularity='tick', timers=True, seed=5)"
    )
    assert str(Schedule([0, 0])) == "fifo"
    assert Schedule.parse("fifo") == Schedule()
    assert len({schedule, Schedule.parse(str(schedule)), Schedule()}) == 2
    assert schedule != str(schedule)


@pytest.mark.parametrize(
    "text", ["", "10", "x1", "10x0", "10x1,11x1", "later", "seed:x"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no schedule"):
        Schedule.parse(text)


def test_a_negative_number_holds_a_task_back() -> None:
    async def four_steps() -> list[int]:
        order: list[int] = []

        async def task(number: int) -> None:
            for _ in range(4):
                await trio.lowlevel.checkpoint()
                order.append(number)

        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(task, number)
        return order

    assert Schedule([0, 0, 0, -1]).run(four_steps) == [1, 2] * 4 + [0] * 4
    assert Schedule([0, 0, 0, -2]).run(four_steps)[:4] == [2] * 4
    # At least one task has to go.
    assert Schedule([0, 0, 0, -9]).run(four_steps)[:4] == [2] * 4
    # Held back is not forbidden: a number may still name it.
    assert Schedule([0, 0, 0, -1, 0, 1]).run(four_steps)[:2] == [1, 2]


def test_deviations_are_counted() -> None:
    assert Schedule().deviations == 0
    assert Schedule([0, 3, 0, -2]).deviations == 3


@pytest.mark.parametrize("choices", [["a"], [1.5], [None], "10x1"])
def test_what_is_no_number_is_refused(choices: Any) -> None:
    with pytest.raises(TypeError):
        Schedule(choices)


def test_a_seed_is_not_negative() -> None:
    with pytest.raises(ValueError, match="a seed is 0 or more, not -1"):
        Schedule(seed=-1)

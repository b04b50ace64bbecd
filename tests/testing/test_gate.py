"""Steering by documented parts alone takes the same orders as by Trio's queue."""

import random
import signal
import warnings
from collections.abc import Callable

import pytest
import trio
from races import RACES, Race
from trio.lowlevel import checkpoint

from exeunt._core import trio_private
from exeunt.testing import (
    Schedule,
    Stalled,
    UncontrolledSchedule,
    find_failure,
    replay,
)
from exeunt.testing.exploring.schedulers import scheduler
from exeunt.testing.schedules import gate
from exeunt.testing.schedules.rules import Granularity, Rules, Run
from exeunt.testing.schedules.running import perform


@pytest.fixture
def by_gate(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(trio_private, "_knows_runq", False)


def runs_of(race: Race, granularity: Granularity) -> list[Run]:
    rules = Rules(granularity, race.timers)
    return [
        perform(race.right, (), scheduler(name)(random.Random(number), 20), rules)
        for number in range(5)
        for name in ("fifo", "random", "pct:3", "sticky:0.8")
    ]


@pytest.mark.parametrize("granularity", ["step", "tick"])
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_both_ways_take_the_same_orders(
    race: Race, granularity: Granularity, by_gate: Callable[[], None]
) -> None:
    by_queue = runs_of(race, granularity)
    by_gate()
    for one, other in zip(by_queue, runs_of(race, granularity), strict=True):
        assert (one.order, one.choices, one.options) == (
            other.order,
            other.choices,
            other.options,
        )
        assert other.controlled


def test_a_disturbance_comes_before_the_same_step(by_gate: Callable[[], None]) -> None:
    async def rounds(scope: trio.CancelScope) -> int:
        count = 0
        with scope:
            while True:
                await checkpoint()
                count += 1
        return count

    def counted(step: int) -> int:
        scope = trio.CancelScope()
        return Schedule().run(rounds, scope, before={step: scope.cancel})

    by_queue = [counted(step) for step in range(1, 6)]
    assert by_queue == sorted(set(by_queue))
    by_gate()
    assert [counted(step) for step in range(1, 6)] == by_queue


def test_a_replay_works_there_too(by_gate: Callable[[], None]) -> None:
    found = find_failure(RACES[0].wrong).finding
    assert found is not None
    by_gate()
    with pytest.raises(AssertionError):
        replay(RACES[0].wrong, schedule=str(found.schedule))


def test_what_waits_for_ever_is_stalled(by_gate: Callable[[], None]) -> None:
    by_gate()
    with pytest.raises(Stalled, match="every task waits"):
        Schedule().run(trio.sleep_forever)


def test_a_shield_does_not_keep_a_stalled_program_alive(
    by_gate: Callable[[], None],
) -> None:
    async def shielded() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep_forever()

    with pytest.raises(Stalled, match="one task shields itself"):
        Schedule().run(shielded)
    by_gate()
    with pytest.raises(Stalled, match="one task shields itself"):
        Schedule().run(shielded)


def test_ctrl_c_gets_through(by_gate: Callable[[], None]) -> None:
    by_gate()
    with pytest.raises(KeyboardInterrupt):
        Schedule().run(
            trio.sleep, 5, before={1: lambda: signal.raise_signal(signal.SIGINT)}
        )


def test_contexts_are_kept(by_gate: Callable[[], None]) -> None:
    async def named() -> str:
        names: list[str] = []

        async def child() -> None:
            await checkpoint()
            names.append(str(trio.lowlevel.current_task().context.get))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(child)
        return names[0]

    by_gate()
    assert "Context object" in Schedule().run(named)


@pytest.fixture
def ungovernable(monkeypatch: pytest.MonkeyPatch, by_gate: Callable[[], None]) -> None:
    """A Trio that has no queue that we know, and does not come to the gate."""
    by_gate()
    monkeypatch.setattr(gate._Gate, "task_spawned", lambda self, task: None)


async def order_of_four() -> tuple[int, ...]:
    order: list[int] = []

    async def task(number: int) -> None:
        await checkpoint()
        order.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(task, number)
    return tuple(order)


@pytest.mark.usefixtures("ungovernable")
def test_a_trio_that_cannot_be_steered_is_said_aloud() -> None:
    with pytest.warns(UncontrolledSchedule, match="cannot be steered|cannot steer"):
        order = Schedule([1]).run(order_of_four)
    assert sorted(order) == [0, 1, 2, 3]


@pytest.mark.usefixtures("ungovernable")
@pytest.mark.filterwarnings("ignore::exeunt.testing.UncontrolledSchedule")
def test_seeds_decide_there() -> None:
    def order(seed: int) -> tuple[int, ...]:
        return Schedule(seed=seed).run(order_of_four)

    assert [order(seed) for seed in range(9)] == [order(seed) for seed in range(9)]
    assert len({order(seed) for seed in range(99)}) > 6


@pytest.mark.usefixtures("ungovernable")
@pytest.mark.filterwarnings("ignore::exeunt.testing.UncontrolledSchedule")
def test_exploring_goes_through_seeds_there_and_says_so() -> None:
    async def first_is_first() -> None:
        assert (await order_of_four())[0] != 2

    found = find_failure(first_is_first)
    assert found.finding is not None
    assert "could not be steered" in str(found)
    schedule = str(found.finding.schedule)
    assert schedule.startswith("seed:")
    with pytest.raises(AssertionError):
        replay(first_is_first, schedule=schedule)


@pytest.mark.usefixtures("ungovernable")
@pytest.mark.filterwarnings("ignore::exeunt.testing.UncontrolledSchedule")
def test_without_seeds_trio_tosses_its_coin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trio_private, "_knows_seeds", False)
    orders = {Schedule(seed=1).run(order_of_four) for _ in range(60)}
    assert len(orders) > 1


def test_a_trio_that_can_be_steered_is_not_complained_of() -> None:
    assert trio_private.can_steer()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Schedule([1]).run(order_of_four)

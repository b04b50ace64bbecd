"""Every race is found, made small and replayed; where there is none, none is found."""

import pytest
import trio
import trio.testing
from races import RACES, Race

from exeunt.testing import Schedule, find_failure, replay

each_race = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)

# Found in at most 140 runs at the time of writing; a bound that chance never meets.
AT_MOST = 1_000


# What the seed 0 leads to, on every Python and every Trio.
SMALLEST = {
    "an update is lost over a checkpoint": "2h1",
    "two locks are taken in two orders": "2h1",
    "a wake-up is lost": "2h1",
    "a message is lost at shutdown": "1h1",
    "a cancellation leaks a slot of the pool": "2h1",
    "four checkpoints are thought to be enough": "1h1",
    "the last of three is thought to come last": "0h1 9h1 14x1",
    "a late answer is taken for the next one": "timers 1x1",
    "two agents' clients read, then write": "2h1",
    "a message is thought not to be overtaken": "1h1",
    "an agent is stopped before the one that still sends to it": "1h1",
    "a page is fetched twice": "2h1",
}


@each_race
def test_its_smallest_schedule_is_the_same_everywhere(race: Race) -> None:
    with pytest.raises(Exception) as raised:
        replay(race.wrong, schedule=SMALLEST[race.name])
    found = find_failure(race.wrong, timers=race.timers).finding
    assert found is not None
    assert str(found.schedule) == SMALLEST[race.name]
    assert str(found.error) == str(raised.value)


def check_that_it_is_found(race: Race, seed: int) -> None:
    found = find_failure(race.wrong, seed=seed, timers=race.timers, runs=AT_MOST)
    assert found.finding is not None
    assert found.finding.schedule.deviations <= 4
    schedule = str(found.finding.schedule)
    for _ in range(2):
        with pytest.raises(type(found.finding.error)) as raised:
            replay(race.wrong, schedule=schedule)
        assert str(raised.value) == str(found.finding.error)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@each_race
def test_it_is_found_whatever_the_seed(race: Race, seed: int) -> None:
    check_that_it_is_found(race, seed)


def test_most_shrink_to_three_deviations_or_fewer() -> None:
    deviations = [Schedule.parse(text).deviations for text in SMALLEST.values()]
    assert sum(number <= 3 for number in deviations) >= len(RACES) - 1


@each_race
def test_nothing_is_found_where_there_is_nothing(race: Race) -> None:
    assert find_failure(race.right, timers=race.timers, runs=40).finding is None


@each_race
def test_plain_trio_does_not_find_it(race: Race) -> None:
    async def within_reason() -> None:
        with trio.fail_after(1e6):
            await race.wrong()

    for _ in range(20):
        trio.run(within_reason, clock=trio.testing.MockClock(autojump_threshold=0))

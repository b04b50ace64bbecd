"""Every race is found, made small and replayed; where there is none, none is found."""

import pytest
import trio
import trio.testing
from races import RACES, Race

from exeunt.testing import find_failure, replay

each_race = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)

# Found in at most 140 runs at the time of writing; a bound that chance never meets.
AT_MOST = 1_000


def check_that_it_is_found(race: Race, seed: int) -> None:
    found = find_failure(race.wrong, seed=seed, timers=race.timers, runs=AT_MOST)
    assert found.finding is not None
    assert found.finding.schedule.deviations <= 4
    schedule = str(found.finding.schedule)
    for _ in range(2):
        with pytest.raises(type(found.finding.error)) as raised:
            replay(race.wrong, schedule=schedule)
        assert str(raised.value) == str(found.finding.error)


@each_race
def test_it_is_found(race: Race) -> None:
    check_that_it_is_found(race, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 20))
@each_race
def test_it_is_found_whatever_the_seed(race: Race, seed: int) -> None:
    check_that_it_is_found(race, seed)


def test_most_shrink_to_three_deviations_or_fewer() -> None:
    found = [find_failure(race.wrong, timers=race.timers).finding for race in RACES]
    small = [each for each in found if each and each.schedule.deviations <= 3]
    assert len(small) >= len(RACES) - 1


@each_race
def test_nothing_is_found_where_there_is_nothing(race: Race) -> None:
    assert find_failure(race.right, timers=race.timers, runs=100).finding is None


@each_race
def test_plain_trio_does_not_find_it(race: Race) -> None:
    async def within_reason() -> None:
        with trio.fail_after(1e6):
            await race.wrong()

    for _ in range(20):
        trio.run(within_reason, clock=trio.testing.MockClock(autojump_threshold=0))

"""How many runs it takes to find a race: exploring against plain Trio.

    python -m benchmarks.races [--seeds N]

The programs are those of ``tests/testing/races.py``. For each: the largest number of
runs that any seed needed, what plain Trio found in ten times as many runs, and how far
the smallest schedule is from first come, first served. At the end the speed.
"""

import argparse
import sys
import time
from pathlib import Path

import trio
import trio.testing

from exeunt.testing import Schedule, find_failure

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "testing"))

from races import RACES, Race


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    print(f"{'race':58} {'runs, at most':>13} {'plain Trio':>14} deviations")
    for race in RACES:
        found = [
            find_failure(race.wrong, timers=race.timers, runs=1_000, seed=seed)
            for seed in range(seeds)
        ]
        missed = sum(each.finding is None for each in found)
        most = max(each.runs for each in found)
        deviations = [
            each.finding.schedule.deviations for each in found if each.finding
        ]
        first = first_failure_in_plain_trio(race, 10 * most)
        print(
            f"{race.name:58} {most if not missed else f'missed {missed}':>13} "
            f"{first or f'none in {10 * most}':>14} "
            f"{min(deviations, default='-')} to {max(deviations, default='-')}",
            flush=True,
        )
    print(f"small schedules a second: {speed():,.0f}")


def first_failure_in_plain_trio(race: Race, runs: int) -> int | None:
    async def within_reason() -> None:
        with trio.fail_after(1e6):
            await race.wrong()

    for number in range(1, runs + 1):
        try:
            trio.run(within_reason, clock=trio.testing.MockClock(autojump_threshold=0))
        except Exception:
            return number
    return None


def speed() -> float:
    schedule = Schedule([0, 1, 0, 2, 1])
    begin = time.process_time()
    for _ in range(500):
        schedule.run(three_tasks)
    return 500 / (time.process_time() - begin)


async def three_tasks() -> None:
    async def task() -> None:
        for _ in range(2):
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(task)


if __name__ == "__main__":
    main()

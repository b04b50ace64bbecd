"""What a supervisor costs: ``python -m benchmarks.troupe``.

Each figure is a ratio of two CPU times of the same run, side by side: the median of
some rounds, and the smallest and largest.
"""

import argparse
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from typing import Any

import attrs
import trio
from trio.testing import MockClock

from exeunt import Agent, Handle, Pool, open_supervisor, start

from .measure import Stopwatch

MESSAGES = 20_000
RESTARTS = 1_000
SIZES = (1_000, 10_000, 100_000)


@attrs.define
class Counter(Agent[object]):
    """Counts, and crashes when told to."""

    count: int = 0

    async def handle(self, message: object) -> None:
        """Count, or crash."""
        if message == "crash":
            raise ValueError
        self.count += 1


async def tell(handle: Handle[object], stopwatch: Stopwatch) -> None:
    with stopwatch:
        for _ in range(MESSAGES):
            await handle.send(None)
        await handle.aclose()


async def tell_unsupervised(stopwatch: Stopwatch) -> None:
    async with trio.open_nursery() as nursery:
        await tell(await start(nursery, Counter), stopwatch)


async def tell_supervised(stopwatch: Stopwatch) -> None:
    async with open_supervisor() as supervisor:
        await tell(await supervisor.start(Counter), stopwatch)


async def start_again(stopwatch: Stopwatch) -> None:
    async with open_supervisor() as supervisor:
        with stopwatch:
            for _ in range(RESTARTS):
                handle = await supervisor.start(Counter)
                await handle.send(None)
                await handle.aclose()


async def restart(stopwatch: Stopwatch) -> None:
    async with open_supervisor(max_restarts=RESTARTS, within=1e9) as supervisor:
        handle = await supervisor.start(Counter, restart="transient")
        with stopwatch:
            for _ in range(RESTARTS):
                await handle.send("crash")
                await handle.send(None)
                await supervisor.idle()


async def many(size: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        async with open_supervisor() as supervisor:
            for _ in range(size):
                await supervisor.start(Counter)


async def many_by_hand(size: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        async with trio.open_nursery() as nursery:
            handles = [await start(nursery, Counter) for _ in range(size)]
            for handle in reversed(handles):
                await handle.aclose()


def seconds(work: Callable[..., Awaitable[None]], *args: Any) -> float:
    stopwatch = Stopwatch()
    trio.run(partial(work, *args, stopwatch))
    return stopwatch.seconds


def compare(
    what: str, bar: str, rounds: int, one: Callable[[], float], two: Callable[[], float]
) -> None:
    ratios = sorted(one() / two() for _ in range(rounds))
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{what:52} {median(ratios):6.2f}   {spread:16} {bar}", flush=True)


@attrs.define
class Worker(Agent[int]):
    """Takes as many seconds as it is told."""

    async def handle(self, message: int) -> None:
        """Sleep."""
        await trio.sleep(message)


async def uneven(workers: int, jobs: list[int]) -> float:
    """Return in how many virtual seconds a pool does these jobs."""
    async with open_supervisor() as supervisor:
        began = trio.current_time()
        pool = await supervisor.start(Pool(workers, Worker))
        for job in jobs:
            await pool.send(job)
        await pool.aclose()
        return trio.current_time() - began


def show_pool() -> None:
    jobs = [9 if number % 4 == 0 else 1 for number in range(80)]
    took = trio.run(uneven, 4, jobs, clock=MockClock(autojump_threshold=0))
    share = sum(jobs) / (4 * took)
    print(f"{'a pool of 4 under uneven work: share of time busy':52} {share:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.troupe")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    logging.disable(logging.CRITICAL)  # a restart is logged, with its traceback
    began = time.monotonic()
    print(f"{'cost of':52} {'ratio':>6}   {'spread':16} bar")
    compare(
        "a message to a supervised agent : to any other",
        "<= 1.1",
        rounds,
        lambda: seconds(tell_supervised),
        lambda: seconds(tell_unsupervised),
    )
    compare(
        "a crash and a restart : a start and a stop",
        "<= 3",
        rounds,
        lambda: seconds(restart),
        lambda: seconds(start_again),
    )
    for size in SIZES:
        compare(
            f"{size:,} agents, start and leave : as a nursery's",
            "",
            max(1, rounds * 1_000 // size),
            lambda size=size: seconds(many, size),  # type: ignore[misc]
            lambda size=size: seconds(many_by_hand, size),  # type: ignore[misc]
        )
    for what, work in ("supervised", many), ("in a nursery", many_by_hand):
        base = min(seconds(work, SIZES[0]) for _ in range(3)) / SIZES[0]
        for size in SIZES[1:]:
            share = seconds(work, size) / size / base
            line = f"{what}: one of {size:,} : one of {SIZES[0]:,}"
            print(f"{line:52} {share:6.2f}", flush=True)
    show_pool()
    print(f"({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()

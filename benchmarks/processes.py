"""Which library should run the worker processes? ``python -m benchmarks.processes``.

It runs what is installed of trio-parallel and anyio in turn, first for what their calls
cost, then for what happens when things go wrong. The work is done in other processes,
so the wall clock has to be looked at here: read the ratios only. What becomes of
processes is read from the /proc of Linux.
"""

import importlib.util
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from platform import python_version
from statistics import median
from typing import Any

import attrs
import trio

# Not relative: anyio's workers run this file by its path, as no part of a package.
from benchmarks.contenders import CONTENDERS, Run, Session, busy, in_threads, run_in
from benchmarks.mishaps import IN_A_PROGRAM, MISHAPS, happens_in_a_program, stage
from benchmarks.work import count_to, measure_bytes, nothing

ROUNDS = 5
CALLS = 300
COUNT = 3_000_000
MEGABYTE = bytes(1_000_000)

Cost = Callable[[Run], Awaitable[float]]
"""Measures something, in seconds."""


def main() -> None:
    if sys.argv[1:]:
        stage(*sys.argv[1:])
        return
    contenders = {
        name: session
        for name, session in CONTENDERS.items()
        if importlib.util.find_spec(name.replace("-", "_"))
    }
    versions = ", ".join(f"{name} {version(name)}" for name in ("trio", *contenders))
    print(f"Python {python_version()}, {versions}; {ROUNDS} rounds\n")
    print(f"{'':20}{'next to':>22}", *(f"{name:>26}" for name in contenders))
    for comparison in COMPARISONS:
        print(comparison.line(contenders), flush=True)
    for what, mishap in MISHAPS.items():
        print(f"\n{what}")
        for name, session in contenders.items():
            print(f"  {name:14} {run_in(session, mishap)}", flush=True)
    for what in IN_A_PROGRAM:
        print(f"\n{what}")
        for name in contenders:
            print(f"  {name:14} {happens_in_a_program(what, name)}", flush=True)


@attrs.frozen
class Comparison:
    """One cost, next to that of something everybody knows."""

    what: str
    cost: Cost
    base: str
    base_cost: Cost

    def line(self, contenders: dict[str, Session]) -> str:
        """Measure, and return a line of the table."""
        bases: list[float] = []
        costs: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            bases.append(run_in(in_threads, self.base_cost))
            for name, session in contenders.items():
                costs[name].append(run_in(session, self.cost) / bases[-1])
        cells = (
            f"{median(each):>8.2f} x ({min(each):.2f} to {max(each):.2f})"
            for each in costs.values()
        )
        base = f"{self.base}, {median(bases) * 1000:.2f} ms"
        return " ".join([f"{self.what:20}{base:>22}", *(f"{c:>26}" for c in cells)])


async def a_bare_python(_run: Run) -> float:
    began = time.perf_counter()
    await trio.run_process([sys.executable, "-c", "pass"])
    return time.perf_counter() - began


async def a_first_call(run: Run) -> float:
    began = time.perf_counter()
    await run(nothing)
    return time.perf_counter() - began


async def _a_call(run: Run, *job: Any) -> float:
    seconds: list[float] = []
    await run(*job)
    for _ in range(CALLS):
        began = time.perf_counter()
        await run(*job)
        seconds.append(time.perf_counter() - began)
    return median(seconds)


async def a_call(run: Run) -> float:
    return await _a_call(run, nothing)


async def a_call_with_a_megabyte(run: Run) -> float:
    return await _a_call(run, measure_bytes, MEGABYTE)


async def _two(run: Run, number: int) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, count_to, number)
        nursery.start_soon(run, count_to, number)


async def two_counts_at_once(run: Run) -> float:
    await _two(run, 1)  # so that two workers are there
    began = time.perf_counter()
    await _two(run, COUNT)
    return time.perf_counter() - began


async def two_counts_in_turn(_run: Run) -> float:
    began = time.perf_counter()
    count_to(COUNT)
    count_to(COUNT)
    return time.perf_counter() - began


async def a_cancel(run: Run) -> float:
    async with busy(run) as (scope, _worker):
        began = time.perf_counter()
        scope.cancel()
    return time.perf_counter() - began


COMPARISONS = [
    Comparison("the first call", a_first_call, "a bare Python", a_bare_python),
    Comparison("a call", a_call, "a thread", a_call),
    Comparison("a call with 1 MB", a_call_with_a_megabyte, "a thread", a_call),
    Comparison("two counts", two_counts_at_once, "in turn", two_counts_in_turn),
    Comparison("a cancel until back", a_cancel, "a bare Python", a_bare_python),
]


if __name__ == "__main__":
    main()

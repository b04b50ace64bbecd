"""What is measured, how much of it in one run, and the bars that exeunt has to take."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

import attrs
import trio

from . import idle, workloads
from .measure import Sample, Stopwatch, timed
from .workloads import Side

Shown = Callable[[float], str]


@attrs.frozen
class Row:
    """One line of the table: exeunt in relation to the hand-written loop."""

    what: str
    kind: Literal["speed", "cost"]
    bar: float | None  # at least that speed, at most that cost
    shown: Shown  # how the hand-written loop's own figure is shown


@attrs.frozen
class Workload:
    """Something to do on both sides, so many times in one run."""

    sample: Callable[[Side, int], Sample]
    count: int
    rows: tuple[Row, ...]


def _timed(
    work: Callable[[Side, int, Stopwatch], Awaitable[None]],
) -> Callable[[Side, int], Sample]:
    def job(side: Side, count: int, stopwatch: Stopwatch) -> None:
        trio.run(work, side, count, stopwatch)

    return lambda side, count: timed(partial(job, side), count)


def _memory(side: Side, count: int) -> Sample:
    return lambda: (idle.resident_bytes(side, count),)


def _ticks(side: Side, count: int) -> Sample:
    return lambda: trio.run(workloads.tick_gaps, side, count)


def _speed(what: str, bar: float | None = None) -> Row:
    return Row(what, "speed", bar, _rate)


def _gap(quantile: str, bar: float | None = None) -> Row:
    return Row(f"gap between ticks, {quantile}", "cost", bar, _micros)


def _rate(seconds: float) -> str:
    return f"{1 / seconds:,.0f}/s"


def _micros(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} µs"


def _bytes(number: float) -> str:
    return f"{number:,.0f} B"


SUITE = {
    "tell": Workload(_timed(workloads.tell), 30_000, (_speed("tell, 1 to 1", bar=4),)),
    "fan-in": Workload(
        _timed(workloads.fan_in), 30_000, (_speed("tell, 100 to 1", bar=2),)
    ),
    "ask": Workload(_timed(workloads.ask), 10_000, (_speed("ask, 1 asker", bar=1.8),)),
    "ask-100": Workload(
        _timed(workloads.ask_100), 10_000, (_speed("ask, 100 askers", bar=3),)
    ),
    "ring": Workload(
        _timed(workloads.ring), 20_000, (_speed("hop in a ring of 1,000"),)
    ),
    "start-stop": Workload(
        _timed(workloads.start_stop),
        10_000,
        (Row("start and stop of 10,000", "cost", 1.6, _rate),),
    ),
    "crash": Workload(
        _timed(workloads.crash), 3_000, (_speed("crash and report", bar=0.8),)
    ),
    "idle": Workload(
        _memory, 5_000, (Row("memory of an idle agent", "cost", 1.3, _bytes),)
    ),
    "ticks": Workload(
        _ticks,
        5_000,
        (_gap("p50"), _gap("p99"), _gap("p99.9", bar=1.3), _gap("maximum")),
    ),
}

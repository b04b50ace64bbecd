"""How things are measured: by CPU time, side by side, over and over.

Machines are shared, and their speed changes from second to second. So the wall clock
is not looked at, and no figure stands alone: each run of a contender is put in
relation to the runs of the hand-written loop right before and right after it, and the
median of these ratios counts.
"""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import mean, median
from types import TracebackType

import attrs

Costs = tuple[float, ...]
"""What one run cost: one figure, or some; the less the better."""

Sample = Callable[[], Costs]


class Stopwatch:
    """Measures the CPU seconds that the process spends in a ``with`` block.

    Every block begins with the garbage collector in the same state: on, with nothing
    to collect, and with no need to look at what was there before.
    """

    seconds = 0.0

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()
        self._began = time.process_time()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.seconds = time.process_time() - self._began
        gc.unfreeze()


Job = Callable[[int, Stopwatch], None]
"""Does something so many times, and has the stopwatch measure just that."""


def timed(job: Job, count: int) -> Sample:
    """Return a sample of the CPU seconds that *job* takes for each of *count* times."""

    def sample() -> Costs:
        stopwatch = Stopwatch()
        job(count, stopwatch)
        return (stopwatch.seconds / count,)

    return sample


@attrs.frozen
class Spread:
    """The figures of all rounds."""

    lowest: float
    median: float
    highest: float

    def inverse(self) -> "Spread":
        """Return the speeds, if these are costs."""
        return Spread(1 / self.highest, 1 / self.median, 1 / self.lowest)


@attrs.frozen
class Comparison:
    """One figure of the hand-written loop, and what others cost in relation to it."""

    by_hand: float
    costs: Mapping[str, Spread]


def compare(
    by_hand: Sample, contenders: Mapping[str, Sample], rounds: int
) -> list[Comparison]:
    """Run everything in turn and return a comparison for each figure of a run."""
    for warm_up in (by_hand, *contenders.values()):
        warm_up()
    base = [by_hand()]
    ratios: dict[str, list[Costs]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            costs = contender()
            base.append(by_hand())
            neighbours = map(mean, zip(base[-2], base[-1], strict=True))
            ratios[name].append(
                tuple(c / n for c, n in zip(costs, neighbours, strict=True))
            )
    return [
        Comparison(
            median(figures),
            {name: _spread([r[i] for r in ratios[name]]) for name in contenders},
        )
        for i, figures in enumerate(zip(*base, strict=True))
    ]


def _spread(figures: list[float]) -> Spread:
    return Spread(min(figures), median(figures), max(figures))

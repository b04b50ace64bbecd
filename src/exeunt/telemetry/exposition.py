"""Prometheus's text format, version 0.0.4, by hand: it is a dozen lines of rules."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

Labels = tuple[str, ...]


class Counter:
    """Numbers that only grow, one for each combination of labels."""

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._values: dict[Labels, int] = {}

    def add(self, *values: str) -> None:
        """Count one more of those whose labels have these *values*."""
        self._values[values] = self._values.get(values, 0) + 1

    def lines(self) -> Iterator[str]:
        """Say how many there have been."""
        yield from _numbers(
            "counter", self._name, self._about, self._labels, self._values
        )


class Histogram:
    """How long things took, one histogram for each combination of labels.

    Args:
        name: what it is called.
        about: what it says.
        labels: the names of its labels.
        bounds: the upper bounds of its buckets in seconds, in order.
    """

    def __init__(
        self, name: str, about: str, labels: Labels, bounds: Sequence[float]
    ) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._bounds = tuple(bounds)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, seconds: float, *values: str) -> None:
        """Note that something took so many *seconds*."""
        counts = self._counts.setdefault(values, [0] * (len(self._bounds) + 1))
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[values] = self._sums.get(values, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """Say how many took how long, each bucket with all that are shorter."""
        yield from _head("histogram", self._name, self._about)
        bounds = [*map(number, self._bounds), "+Inf"]
        for values, counts in sorted(self._counts.items()):
            labels = list(zip(self._labels, values, strict=True))
            below = 0
            for bound, count in zip(bounds, counts, strict=True):
                below += count
                yield _line(f"{self._name}_bucket", [*labels, ("le", bound)], below)
            yield _line(f"{self._name}_sum", labels, self._sums[values])
            yield _line(f"{self._name}_count", labels, below)


def gauge(
    name: str, about: str, labels: Labels, values: Mapping[Labels, int]
) -> Iterator[str]:
    """Say how many there are now."""
    yield from _numbers("gauge", name, about, labels, values)


def number(value: float) -> str:
    """Write a number the same way everywhere."""
    return repr(value) if value % 1 else str(int(value))


def _numbers(
    kind: str, name: str, about: str, labels: Labels, values: Mapping[Labels, int]
) -> Iterator[str]:
    yield from _head(kind, name, about)
    for key, value in sorted(values.items()):
        yield _line(name, zip(labels, key, strict=True), value)


def _head(kind: str, name: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    return f"{name}{{{inside}}} {number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

"""Find those who wait for each other."""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

N = TypeVar("N", bound=Hashable)


def rings(graph: Mapping[N, Iterable[N]]) -> list[tuple[N, ...]]:
    """Return rings in *graph*, each a shortest one through its first node.

    No node is in two of them, so there may be more; whoever breaks these will see.
    """
    found: list[tuple[N, ...]] = []
    taken: set[N] = set()
    for node in graph:
        ring = () if node in taken else _shortest(graph, node, taken)
        if ring:
            found.append(ring)
            taken.update(ring)
    return found


def _shortest(
    graph: Mapping[N, Iterable[N]], origin: N, taken: set[N]
) -> tuple[N, ...]:
    """Return the shortest way from *origin* back to it, past nobody in *taken*."""
    ways: deque[tuple[N, ...]] = deque([(origin,)])
    seen: set[N] = set()
    while ways:
        way = ways.popleft()
        for after in graph.get(way[-1], ()):
            if after == origin:
                return way
            if after not in seen and after not in taken:
                seen.add(after)
                ways.append((*way, after))
    return ()

"""A test stalls if and only if tasks wait in a ring, and then every ring is told."""

import trio
from hypothesis import strategies as st
from laws import law
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt.stalls.failing import Stalled, fail_when_stalled

Edges = list[int | None]


@st.composite
def wishes(draw: st.DrawFn) -> Edges:
    """Draw whose lock each of some tasks wants, besides its own."""
    size = draw(st.integers(2, 5))
    numbers = range(size)
    return [
        draw(st.none() | st.sampled_from([other for other in numbers if other != i]))
        for i in numbers
    ]


def rings_of(edges: Edges) -> list[frozenset[str]]:
    """Find the rings of a graph in which each node has one way out at the most."""
    rings: set[frozenset[str]] = set()
    for origin in range(len(edges)):
        path, node = [origin], edges[origin]
        while node is not None and node not in path:
            path.append(node)
            node = edges[node]
        if node == origin:
            rings.add(frozenset(map(str, path)))
    return sorted(rings, key=sorted)


async def wait_for_each_other(edges: Edges) -> None:
    """Hold a lock each, and then want that of another."""
    locks = [trio.Lock() for _ in edges]

    async def hold(number: int, wish: int | None) -> None:
        async with locks[number]:
            await wait_all_tasks_blocked()
            await trio.sleep(1)
            if wish is not None:
                async with locks[wish]:
                    pass

    async with trio.open_nursery() as nursery:
        for number, wish in enumerate(edges):
            nursery.start_soon(hold, number, wish, name=str(number))


@law("stalls: exactly the rings", edges=wishes())
def test_a_test_fails_for_its_rings_and_for_nothing_else(edges: Edges) -> None:
    async def main() -> None:
        with fail_when_stalled():
            await wait_for_each_other(edges)

    told: list[frozenset[str]] = []
    try:
        trio.run(main, clock=MockClock(autojump_threshold=0))
    except Stalled as stalled:
        assert stalled.stall is not None
        told = [frozenset(ring) for ring in stalled.stall.rings]
    assert sorted(told, key=sorted) == rings_of(edges)

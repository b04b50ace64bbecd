"""Who leaves before whom, held against what a plain search says."""

import pytest
from hypothesis import given, strategies as st

from exeunt._model.uses import ring_closed_by, users_of, waves

Graph = dict[int, list[int] | None]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw who uses whom, without a ring: each uses some that started before it."""
    graph: Graph = {}
    for one in range(draw(st.integers(0, 8))):
        some = st.lists(st.sampled_from(range(one)) if one else st.nothing())
        graph[one] = draw(st.none() | some)
    return graph


def used_by(one: int, graph: Graph) -> set[int]:
    """Return whom *one* uses, directly."""
    used = graph[one]
    before = [*graph][: [*graph].index(one)]
    return {*before} if used is None else {*used} & {*graph}


def reached_from(one: int, graph: Graph) -> set[int]:
    """Return whom *one* uses, directly or not."""
    found: set[int] = set()
    waiting = [one]
    while waiting:
        for each in used_by(waiting.pop(), graph) - found:
            found.add(each)
            waiting.append(each)
    return found


@given(graphs())
def test_users_leave_in_an_earlier_wave(graph: Graph) -> None:
    found = waves(graph)
    place = {one: number for number, wave in enumerate(found) for one in wave}
    assert sorted(one for wave in found for one in wave) == sorted(graph)
    assert all(found)
    for one in graph:
        assert all(place[one] < place[used] for used in used_by(one, graph))


@given(graphs())
def test_there_are_no_more_waves_than_needed(graph: Graph) -> None:
    def height(one: int) -> int:
        return 1 + max((height(used) for used in used_by(one, graph)), default=0)

    assert len(waves(graph)) == max((height(one) for one in graph), default=0)


@given(graphs(), st.sets(st.integers(0, 7)))
def test_users_are_found_directly_or_not(graph: Graph, start: set[int]) -> None:
    start &= {*graph}
    expected = {one for one in graph if start & reached_from(one, graph)} | start
    assert users_of(start, graph) == expected


@given(graphs(), st.integers(0, 7), st.integers(0, 7))
def test_a_ring_is_found_if_there_is_one(graph: Graph, user: int, used: int) -> None:
    if not {user, used} <= {*graph}:
        return
    ring = ring_closed_by(user, used, graph)
    closes = user == used or user in reached_from(used, graph)
    assert bool(ring) == closes
    if len(ring) > 1:
        assert ring[:2] == [user, used]
        for one, following in zip(ring[1:], [*ring[2:], user], strict=True):
            assert following in used_by(one, graph)


def test_those_that_started_last_leave_first() -> None:
    assert waves({1: None, 2: None, 3: None}) == [[3], [2], [1]]
    assert waves({1: [], 2: [], 3: []}) == [[3, 2, 1]]


def test_one_may_use_what_started_later() -> None:
    assert waves({1: [2], 2: [3], 3: []}) == [[1], [2], [3]]


def test_users_that_started_before_what_they_use_are_found() -> None:
    assert users_of([3], {1: [2], 2: [3], 3: []}) == {1, 2, 3}


def test_what_has_left_counts_for_nothing() -> None:
    assert waves({1: [0], 2: [0, 1]}) == [[2], [1]]


def test_a_ring_has_no_order() -> None:
    with pytest.raises(ValueError, match=r"^the uses close a ring$"):
        waves({1: [2], 2: [1]})


def test_many_take_time_in_proportion() -> None:
    many = 2_000
    assert len(waves(dict.fromkeys(range(many)))) == many
    chain: Graph = {one: [one + 1] for one in range(many)}
    assert len(waves({**chain, many: []})) == many + 1

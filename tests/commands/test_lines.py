from itertools import pairwise

from hypothesis import given, strategies as st

from exeunt.commands._lines import Splitter

LIMIT = 3
DATA = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\n", b"\r", b"a", b"bc", b"\xff"]), max_size=30
).map(b"".join)


def lines_of(*chunks: bytes) -> list[bytes]:
    splitter = Splitter(LIMIT)
    return [line for chunk in (*chunks, b"") for line in splitter.feed(chunk)]


def cut_at(data: bytes, places: set[int]) -> list[bytes]:
    edges = [0, *sorted(place for place in places if place < len(data)), len(data)]
    return [data[a:b] for a, b in pairwise(edges) if a < b]


@given(DATA, st.sets(st.integers(1, 40)))
def test_any_chunking_gives_the_lines_of_the_whole(
    data: bytes, places: set[int]
) -> None:
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()

    assert lines_of(*cut_at(data, places)) == [line[: LIMIT + 1] for line in expected]


def test_a_line_that_just_fits_can_be_told_from_one_that_does_not() -> None:
    assert lines_of(b"abc\nabcd\nabcde\n") == [b"abc", b"abcd", b"abcd"]


def test_an_endless_line_is_not_kept() -> None:
    splitter = Splitter(LIMIT)
    for _ in range(100):
        assert splitter.feed(b"xy") == []
    assert len(splitter._rest) == LIMIT + 1


def test_after_the_end_a_terminal_may_go_on() -> None:
    splitter = Splitter(LIMIT)

    assert splitter.feed(b"ab") == []
    assert splitter.feed(b"") == [b"ab"]
    assert splitter.feed(b"c\n") == [b"c"]
    assert splitter.feed(b"") == []

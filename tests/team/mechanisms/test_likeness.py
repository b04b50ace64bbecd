"""Probes, mutants and clusters, on functions as they are."""

import pytest

from exeunt.team.mechanisms.clusters import cluster
from exeunt.team.mechanisms.mutants import mutants
from exeunt.team.mechanisms.probes import probes

CLAMP = """
def clamp(x, low, high):
    if x < low:
        return low
    return min(x, high)
"""


def behaviour(source: str, calls: list[str]) -> tuple[str, ...]:
    names: dict[str, object] = {}
    exec(source, names)
    seen: list[str] = []
    for call in calls:
        try:
            seen.append(repr(eval(call, names)))
        except Exception as error:
            seen.append(type(error).__name__)
    return tuple(seen)


@pytest.mark.parametrize(
    ("header", "calls", "some"),
    [
        ("f(x: int | None)", [], ["f(0)", "f(None)"]),
        ("f(d: dict[str, int])", [], ["f({})", "f({'a': 0})"]),
        ("f(d: 'list[int]')", ["f([3])"], ["f([])", "f([-3])"]),
        ("f(p: tuple[int, str])", [], ["f((0, ''))", "f((1, 'a'))"]),
        ("f(s: set[str])", ["f({'b', 'a'})"], ["f(set())", "f({'a'})"]),
        ("f(b: bytes, n: int)", ["f(b'ab', 2)"], ["f(b'', 2)", "f(b'ab', 0)"]),
        ("f(x: float)", ["round(f(-1.5), 2)"], ["f(0.0)", "f(1.5)"]),
        ("f(x: Odd)", ["f(Odd(1))", "f(x=1)", "f({[]})", "f(1"], []),
    ],
)
def test_probes_are_like_the_examples_and_the_annotations(
    header: str, calls: list[str], some: list[str]
) -> None:
    found = probes(header, calls, most=50)
    assert {*some} <= {*found}
    assert bool(some) == bool(found)


def test_a_header_that_is_none_is_refused() -> None:
    with pytest.raises(SyntaxError):
        probes("f(", [])


def test_the_mistakes_in_a_small_function() -> None:
    assert [(each.line, each.mistake) for each in mutants(CLAMP)] == [
        (2, "left out: if x < low:"),
        (3, "a condition was denied"),
        (3, "< became <="),
        (3, "< became >="),
        (4, "nothing is returned"),
        (5, "nothing is returned"),
        (5, "two arguments were swapped"),
        (5, "min became max"),
    ]


def test_probes_tell_mutants_from_what_they_were_made_of() -> None:
    calls = ["clamp(5, 0, 3)"]
    inputs = [*calls, *probes("clamp(x: int, low: int, high: int)", calls)]
    right = behaviour(CLAMP, inputs)
    same = [m.mistake for m in mutants(CLAMP) if behaviour(m.source, inputs) == right]
    # Both do what the original does: where x equals low, and in an order of min's.
    assert same == ["< became <=", "two arguments were swapped"]


def test_few_mutants_are_from_all_over_the_source() -> None:
    long = "".join(CLAMP.replace("clamp", f"clamp{n}") for n in range(10))
    lines = [each.line for each in mutants(long, most=10)]
    assert [line // 5 for line in lines] == [*range(10)]


def test_candidates_that_differ_are_told_apart_by_an_input() -> None:
    drafts = {"a": "def f(n): return n * 2", "b": "def f(n): return n + n"}
    drafts |= {"c": "def f(n): return n ** 2", "d": "def f(n): return 1 / n"}
    inputs = ["f(2)", "f(3)", "f(0)"]
    found = cluster({name: behaviour(text, inputs) for name, text in drafts.items()})
    assert [group.members for group in found.groups] == [("a", "b"), ("c",), ("d",)]
    assert found.differing(inputs) == "f(3)"
    assert found.winner() is found.largest
    assert found.winner(ahead=2) is None
    assert found.entropy == 1.5


def test_nobody_wins_where_nobody_is() -> None:
    nothing = cluster(dict[str, tuple[str, ...]]())
    assert (nothing.largest, nothing.runner_up, nothing.winner()) == (None, None, None)
    assert nothing.differing([]) is None
    assert nothing.winner(ahead=0) is None

"""Values are compared by their texts."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from exeunt.team.sandbox.child import bare, plain
from exeunt.team.sandbox.values import Question, canonical, question, same

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(ATOMS, inner, max_size=3)
        | st.frozensets(ATOMS, max_size=3)
    ),
    max_leaves=8,
)


def is_same(want: str, got: str, *, plain: bool = True) -> bool:
    return same(Question("", want), got, plain=plain)


@given(VALUES)
def test_a_value_is_itself(value: object) -> None:
    assert plain(value)
    assert is_same(repr(value), repr(value))


@given(VALUES, VALUES)
def test_two_values_are_the_same_if_they_look_the_same(
    one: object, two: object
) -> None:
    if repr(one) == repr(two) or not is_same(repr(one), repr(two)):
        return
    assert one == two


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ("{1, 2}", "{2, 1}"),
        ("{'a': {1: 2, 3: 4}, 'b': 0}", '{"b": 0, "a": {3: 4, 1: 2}}'),
        ("[1,\n 2]", "[1, 2]"),
        ('"it"', "'it'"),
        ("1_000", "1000"),
        ("[inf, -inf, nan]", "[inf, -inf, nan]"),
    ],
)
def test_the_same(want: str, got: str) -> None:
    assert is_same(want, got)
    assert canonical(want) == canonical(got)


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ("1", "True"),
        ("1", "1.0"),
        ("[1, 2]", "(1, 2)"),
        ("[1, 2]", "[2, 1]"),
        ("'a'", "b'a'"),
        ("'1'", "1"),
        ("{1: 2}", "{1: 3}"),
        ("{1: 2}", "{2: 1}"),
        ("0.0", "-0.0"),
        ("None", ""),
        ("", "None"),
        ("8", "not a value"),
        ("{1}", "{1, 1.5}"),
    ],
)
def test_not_the_same(want: str, got: str) -> None:
    assert not is_same(want, got)


def test_what_is_no_literal_is_compared_as_text() -> None:
    assert is_same("Fraction(1, 2)", "Fraction(1, 2)", plain=False)
    assert is_same("<a thing>", "<a thing>", plain=False)
    assert not is_same("Fraction(1, 2)", "Fraction(1, 3)", plain=False)


def test_a_literal_is_no_object_that_looks_like_it() -> None:
    assert not is_same("8", "8", plain=False)


def test_a_comparison_is_made_outside() -> None:
    assert question("f(3) == 8", "True") == Question("f(3)", "8", loosely=True)
    assert question("8 == f(3)", "True") == Question("f(3)", "8", loosely=True)
    for kept in "f(3) == g(3)", "f(3) < 8", "f(3) != 8", "1 < f(3) == 8", "f(":
        assert question(kept, "True") == Question(kept, "True")
    assert question("f(3) == 8", "False") == Question("f(3) == 8", "False")


def test_a_comparison_takes_what_is_equal() -> None:
    for want, got in ("8", "8.0"), ("True", "1"), ("{1: 2}", "{1.0: 2}"):
        assert same(Question("", want, loosely=True), got, plain=True)
    assert not same(Question("", "8", loosely=True), "9", plain=True)
    assert not same(Question("", "8", loosely=True), "f()", plain=True)


def test_a_value_is_taken_for_what_it_is_below() -> None:
    class Name(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "another"

        __repr__ = __str__

    value = {"counts": Counter("aab"), "names": [Name("a"), (Name("b"), True, 1.5)]}
    assert not plain(value)
    assert plain(bare(value))
    assert bare(value) == {"counts": {"a": 2, "b": 1}, "names": ["a", ("b", True, 1.5)]}


def test_a_list_in_itself_is_not_plain() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert not plain(endless)

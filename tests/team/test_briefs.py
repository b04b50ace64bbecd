"""A brief is read, checked, and divided before anybody is asked for anything."""

import pytest
from hypothesis import given, strategies as st

from exeunt.team.briefs.checking import problems
from exeunt.team.briefs.dividing import (
    MOST_FUNCTIONS,
    Division,
    Module,
    arranged,
    by_rule,
    fitted,
    how_many,
    objections,
    order,
)
from exeunt.team.briefs.function import Example, Function
from exeunt.team.briefs.reading import Brief, read

TEXT = """# Some sums

What one
needs.

## `double(number: int) -> int`

Twice the number.

```python
>>> double(1)
2
>>> double(2)
4
>>> double(3)
6
>>> double("x" * -1, 2)
Traceback (most recent call last):
    ...
TypeError: too many
```

## `four(number: int) -> int`

Uses `double`, and neither `four` nor `other`.
"""


def function(name: str, uses: tuple[str, ...] = ()) -> Function:
    shown = tuple(Example(f"{name}({n})", f"{n + 1}") for n in range(4))
    return Function(f"{name}(n: int) -> int", "Counts.", shown, uses)


def brief_of(*functions: Function) -> Brief:
    return Brief("shelf", "", functions)


def changed(old: str, new: str) -> Brief:
    text = TEXT.partition("## `four")[0]
    assert old in text
    return read(text.replace(old, new))


def test_a_brief_is_read() -> None:
    brief = read(TEXT)
    assert (brief.name, brief.purpose) == ("some_sums", "What one needs.")
    double, four = brief.functions
    assert double.prose == "Twice the number."
    assert double.examples[0] == Example("double(1)", "2")
    assert double.examples[3] == Example('double("x" * -1, 2)', raises="TypeError")
    assert (double.uses, four.uses) == ((), ("double",))
    assert (double.name, double.parameters) == ("double", ("number",))


def test_what_a_bug_has_taught_stands_in_front() -> None:
    brief = read(TEXT).with_example("double", Example("double(0)", "0"))
    assert brief["double"].examples[0] == Example("double(0)", "0")
    assert len(brief["double"].examples) == 5
    assert brief["four"] == read(TEXT)["four"]


@pytest.mark.parametrize(
    ("brief", "said"),
    [
        (read(""), "the brief has no title"),
        (read("# shelf"), "wants no functions"),
        (changed("# Some sums", "# class"), "cannot be the name of a package"),
        (changed("double(2)\n4", "double(1)\n3"), "contradicts itself"),
        (changed("2\n>>>", "2\n>>> 1 +\n2\n>>>"), "is not one Python expression"),
        (changed(">>> double(3)\n6\n", ""), "it has 3 examples"),
        (changed("double(2)", "max(2, 4)"), "does not call it"),
        (changed("Twice the number.", ""), "nothing says what it does"),
        (changed("double(number: int) -> int", "double(1)"), "not a signature"),
        (changed("number: int)", "*number: int)"), "any number of arguments"),
        (
            brief_of(function("a", ("b",)), function("b", ("a",))),
            "use each other",
        ),
        (brief_of(function("a"), function("a")), "a is described 2 times"),
        (
            brief_of(
                Function(
                    "a(n: int) -> int",
                    "One.",
                    tuple(Example(f"a({n})", "1") for n in range(4)),
                )
            ),
            "all its examples end alike, with 1",
        ),
    ],
)
def test_what_is_not_well_defined_is_said(brief: Brief, said: str) -> None:
    assert any(said in problem for problem in problems(brief))


def test_a_brief_that_is_well_defined_has_no_problem() -> None:
    assert problems(changed("Twice", "Twice")) == ()


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ([Module("one", ("a",))], "b lives in 0 modules"),
        ([Module("one", ("a", "b")), Module("two", ("b",))], "b lives in 2 modules"),
        ([Module("one", ("a", "b", "x"))], "nobody wants a function x"),
        ([Module("class", ("a", "b"))], "cannot be the name of a module"),
        ([Module("json", ("a", "b"))], "would hide a module"),
        ([Module("list", ("a", "b"))], "what Python calls something else"),
        ([Module("a", ("a", "b"))], "the name of a function as well"),
        ([Module("one", ("a", "b")), Module("two", ())], "two has 0 functions"),
        ([Module("one", ("a",)), Module("one", ("b",))], "the same name"),
    ],
)
def test_a_bad_division_is_objected_to(modules: list[Module], said: str) -> None:
    found = list(objections(brief_of(function("a"), function("b")), modules))
    assert any(said in each for each in found)


def test_modules_that_need_each_other_are_objected_to() -> None:
    brief = brief_of(function("a"), function("b", ("a",)), function("c", ("b",)))
    modules = [Module("one", ("a", "c")), Module("two", ("b",))]
    assert any("need each other" in each for each in objections(brief, modules))


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    many = draw(st.integers(1, 14))
    names = [f"f{n}" for n in range(many)]
    built = [
        function(name, tuple(draw(st.sets(st.sampled_from(names[:n])))) if n else ())
        for n, name in enumerate(names)
    ]
    return brief_of(*draw(st.permutations(built)))


def check(brief: Brief, division: Division) -> None:
    homes = [name for module in division.modules for name in module.functions]
    assert sorted(homes) == sorted(each.name for each in brief.functions)
    assert all(1 <= len(m.functions) <= MOST_FUNCTIONS for m in division.modules)
    for each in brief.functions:
        for used in each.uses:
            assert homes.index(used) < homes.index(each.name)


@given(briefs())
def test_the_rule_divides_any_brief(brief: Brief) -> None:
    division = by_rule(brief)
    assert list(objections(brief, division.modules)) == []
    assert len(division.modules) == how_many(brief)[0]
    check(brief, division)


@given(briefs(), st.data())
def test_an_idea_is_fitted_and_what_nobody_objects_to_is_arranged(
    brief: Brief, data: st.DataObject
) -> None:
    topics = st.sampled_from(["text", "json", "f0", "list", "tools", "others"])
    homes = {each.name: data.draw(topics) for each in brief.functions}
    modules = fitted(brief, homes)
    names = [name for module in modules for name in module.functions]
    assert sorted(names) == sorted(each.name for each in order(brief))
    assert len(modules) <= how_many(brief)[1]
    if not list(objections(brief, modules)):
        check(brief, arranged(brief, modules))


@given(briefs())
def test_one_topic_for_all_is_cut_and_nobody_objects(brief: Brief) -> None:
    modules = fitted(brief, {})
    assert list(objections(brief, modules)) == []


@pytest.mark.parametrize(
    "deep", ["f(" + "(" * 250 + ")" * 250 + ")", "-" * 30_000 + "1"]
)
def test_an_example_that_is_too_deep_is_none(deep: str) -> None:
    examples = [Example("f(1)", "1"), Example("f(2)", "2"), Example("f(3)", "3")]
    function = Function("f(n: int) -> int", "Count.", (*examples, Example(deep, "1")))
    (problem,) = problems(Brief("deep", "", (function,)))
    assert problem.endswith("is not one Python expression")


def test_a_result_that_is_too_deep_is_compared_as_a_text() -> None:
    deep = "-" * 30_000 + "1"
    examples = [Example(f"f({n})", deep if n else "1") for n in range(4)]
    function = Function("f(n: int) -> int", "Count.", tuple(examples))
    assert problems(Brief("deep", "", (function,))) == ()

"""The briefs of the examples can be met, and name what their functions need."""

import ast
from pathlib import Path

import pytest
from benchmarks.modules import briefs_reference
from benchmarks.modules.hidden import seen

from exeunt.team.briefs.checking import problems
from exeunt.team.briefs.dividing import by_rule
from exeunt.team.briefs.function import Function
from exeunt.team.briefs.reading import Brief, read

FOLDER = Path(__file__).parents[2] / "examples/briefs"
BRIEFS = {
    path.stem: read(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.md")
}
FUNCTIONS = {
    task.name: (brief, task) for brief in BRIEFS.values() for task in brief.functions
}


def passes(function: Function) -> bool:
    space = dict(vars(briefs_reference))
    return all(
        seen(eval, (example.call, space)) == (example.want or f"!{example.raises}")
        for example in function.examples
    )


def reach(brief: Brief, name: str) -> set[str]:
    return {name}.union(*(reach(brief, used) for used in brief[name].uses))


def test_there_are_three_briefs_with_names_of_their_own() -> None:
    assert len(BRIEFS) == 3
    assert all(name == brief.name for name, brief in BRIEFS.items())
    assert len(FUNCTIONS) == sum(len(brief.functions) for brief in BRIEFS.values())


@pytest.mark.parametrize("name", BRIEFS)
def test_a_brief_is_well_defined_and_its_last_function_needs_most_of_it(
    name: str,
) -> None:
    functions = BRIEFS[name].functions
    assert problems(BRIEFS[name]) == ()
    assert 6 <= len(functions) <= 10
    assert 3 <= len(by_rule(BRIEFS[name]).modules) <= 6
    assert 2 * len(reach(BRIEFS[name], functions[-1].name)) > len(functions)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_hold_for_the_reference(name: str) -> None:
    _, function = FUNCTIONS[name]
    assert 8 <= len(function.examples) <= 10
    assert passes(function)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_earlier_functions_are_used(name: str) -> None:
    brief, function = FUNCTIONS[name]
    names = [each.name for each in brief.functions]
    assert all(names.index(used) < names.index(name) for used in function.uses)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_constant_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, function = FUNCTIONS[name]
    for want in {example.want for example in function.examples} - {None}:
        constant = ast.literal_eval(want or "")
        monkeypatch.setattr(briefs_reference, name, lambda *_, it=constant: it)
        assert not passes(function)


@pytest.mark.parametrize(
    ("name", "used"),
    [(name, used) for name, (_, each) in FUNCTIONS.items() for used in each.uses],
)
def test_what_a_function_is_said_to_use_it_needs(
    name: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs_reference, used, lambda *_: None)
    assert not passes(FUNCTIONS[name][1])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_needs_nothing_that_its_prose_does_not_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief, function = FUNCTIONS[name]
    for other in FUNCTIONS.keys() - reach(brief, name):
        monkeypatch.setattr(briefs_reference, other, lambda *_: None)
    assert passes(function)

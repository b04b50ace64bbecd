"""The benchmark's tasks tell right answers from wrong ones."""

import ast
import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wrong_on_famous
import wrong_on_hard
from benchmarks.modules import hidden

from exeunt.team.briefs.checking import problems
from exeunt.team.briefs.function import Function
from exeunt.team.briefs.reading import read

Answer = Callable[..., Any]

ROOT = Path(__file__).parents[2]
SETS = {
    path.stem: read(path.read_text(encoding="utf-8"))
    for path in (ROOT / "benchmarks/modules").glob("*.md")
}
TASKS = {task.name: task for brief in SETS.values() for task in brief.functions}
NAMES = list(TASKS)


WRONG = {**wrong_on_famous.WRONG, **wrong_on_hard.WRONG}


def passes_gate(task: Function, answer: Answer) -> bool:
    space = {task.name: answer}
    return all(
        hidden.seen(eval, (example.call, space))
        == (example.want or f"!{example.raises}")
        for example in task.examples
    )


def passes_hidden(task: Function, answer: Answer) -> bool:
    calls = hidden.oracle(task.name)
    return all(hidden.seen(answer, arguments) == wanted for arguments, wanted in calls)


@pytest.mark.parametrize("name", ["tasks", "hard"])
def test_a_set_has_forty_tasks_that_stand_alone(name: str) -> None:
    tasks = SETS[name].functions
    assert len(tasks) == 40
    assert not any(task.uses for task in tasks)
    assert problems(SETS[name]) == ()


def test_no_name_is_taken_twice_and_each_has_a_reference() -> None:
    names = [task.name for brief in SETS.values() for task in brief.functions]
    assert sorted(names) == sorted(hidden.REFERENCES)
    assert not set(names) & set(dir(builtins))


@pytest.mark.parametrize("name", NAMES)
def test_examples_hold_for_the_reference(name: str) -> None:
    task = TASKS[name]
    assert 8 <= len(task.examples) <= 10
    assert passes_gate(task, hidden.REFERENCES[name])


@pytest.mark.parametrize("name", NAMES)
def test_hidden_calls_are_many_and_mostly_others(name: str) -> None:
    calls = {f"{name}({', '.join(map(repr, each))})" for each in hidden.INPUTS[name]}
    shown = {ast.unparse(ast.parse(each.call)) for each in TASKS[name].examples}
    assert len(calls) == len(hidden.INPUTS[name])
    assert 25 <= len(calls) <= 60
    assert len(calls - {each.removesuffix(" is None") for each in shown}) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_hidden_calls_and_results_can_be_written_down(name: str) -> None:
    for arguments, wanted in hidden.oracle(name):
        assert ast.literal_eval(repr(arguments)) == arguments
        assert wanted.startswith("!") or repr(ast.literal_eval(wanted)) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_no_constant_passes(name: str) -> None:
    task = TASKS[name]
    results = {wanted for _, wanted in hidden.oracle(name) if wanted[0] != "!"}
    for constant in [None, *map(ast.literal_eval, results)]:
        assert not passes_gate(task, lambda *_, it=constant: it)
        assert not passes_hidden(task, lambda *_, it=constant: it)


@pytest.mark.parametrize(
    ("name", "at"),
    [(name, at) for name, each in WRONG.items() for at in range(len(each))],
)
def test_a_plausible_wrong_answer_fails(name: str, at: int) -> None:
    assert not passes_gate(TASKS[name], WRONG[name][at])
    assert not passes_hidden(TASKS[name], WRONG[name][at])

"""What the workers are told, word for word.

A recorded answer belongs to its prompt: whoever changes a word here has to record the
cassettes again.
"""

from collections.abc import Sequence
from typing import Any

from ..briefs.checking import ENOUGH
from ..briefs.dividing import MOST_FUNCTIONS, how_many
from ..briefs.function import Function
from ..briefs.reading import Brief
from ..models.model import Message, Prompt

SHOWN = 3
"""So many examples a worker gets to see; the others are for the gate alone."""

KNOWN = "helpers"
"""The module from which a worker believes to import what it may call.

A line of import is understood by workers that would write again what is described.
"""

_CODER = (
    "You are a careful Python programmer. "
    "You answer with one Python code block and nothing else."
)
_PLAINLY = (
    "Complete this Python function. Repeat its signature, leave out its docstring."
)
_BY_STEPS = (
    "Write this function in Python 3.11. Begin its body with comments that say, step "
    "by step, what has to be done, special cases first; then write the code for each "
    "step."
)
_RULES = "Use the standard library alone. Write no tests and do not print."


def implement(function: Function, used: Sequence[Function], attempt: int) -> Prompt:
    """Ask for a function.

    Args:
        function: The one to be written.
        used: Those that it may call.
        attempt: The number of the try, from 0: each has a seed of its own, and every
            other one asks in other words.

    """
    wish = _PLAINLY if attempt % 2 else _BY_STEPS
    names = ", ".join(each.name for each in used)
    imports = f"from {KNOWN} import {names}\n\n" if used else ""
    text = "\n\n".join([wish, _fenced(imports + function.stub(SHOWN)), _RULES])
    return Prompt(
        messages=(
            Message("system", _CODER),
            Message("user", text),
        ),
        max_tokens=400,
        temperature=0.8,
        seed=attempt,
    )


def _fenced(source: str) -> str:
    return f"```python\n{source}```"


_PLANNER = "You are a software architect. You answer with JSON and nothing else."
_DIVIDE = (
    "Divide the functions of the Python package {name!r} into {fewest} to {most} small "
    "modules. Say for each function in which module it lives. What works on the same "
    "thing lives in the same module, {large} functions at the most. A module is named "
    "by one word for that thing, and never like a function or a type of Python."
)


def plan(brief: Brief, attempt: int) -> Prompt:
    """Ask how a brief is to be divided.

    Args:
        brief: What is wanted.
        attempt: The number of the try, from 0.

    """
    fewest, most = how_many(brief)
    wish = _DIVIDE.format(
        name=brief.name, fewest=fewest, most=most, large=MOST_FUNCTIONS
    )
    listed = "\n".join(f"- {each.header}: {each.prose}" for each in brief.functions)
    return Prompt(
        messages=(Message("system", _PLANNER), Message("user", f"{wish}\n\n{listed}")),
        max_tokens=300,
        temperature=0.8,
        seed=attempt,
        schema=_plan_schema(brief),
    )


def _plan_schema(brief: Brief) -> dict[str, Any]:
    """Leave one slot open for each function: so each has a home, and but one."""
    word = {"type": "string", "pattern": "^[a-z]{3,12}$"}
    return _object(**{each.name: word for each in brief.functions})


_HELP = (
    "This Python function is too hard for one programmer. Name one or two smaller "
    "helper functions that make it easy. Give each a signature with types, a sentence "
    "on what it does, and {enough} examples: a call, and its value as Python writes it."
)


def help_with(function: Function, attempt: int) -> Prompt:
    """Ask for helpers that make a function easy.

    Args:
        function: The one that nobody could write.
        attempt: The number of the try, from 0.

    """
    wish = _HELP.format(enough=ENOUGH)
    text = f"{wish}\n\n{_fenced(function.stub(SHOWN))}"
    return Prompt(
        messages=(Message("system", _PLANNER), Message("user", text)),
        max_tokens=500,
        temperature=0.8,
        seed=attempt,
        schema=_helpers_schema(),
    )


def _helpers_schema() -> dict[str, Any]:
    text = {"type": "string", "maxLength": 120}
    examples = _list(_object(call=text, value=text), ENOUGH, ENOUGH)
    helper = _object(signature=text, purpose=text, examples=examples)
    return _object(helpers=_list(helper, 1, 2))


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any, fewest: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": fewest, "maxItems": most}

"""What the answers to the tasks are judged by; no prompt ever has any of it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from . import (
    famous_lists,
    famous_numbers,
    famous_text,
    on_lists,
    on_numbers,
    on_tables,
    on_text,
)
from .drawing import Arguments

_IN_TASKS = (famous_text, famous_lists, famous_numbers)
_IN_HARD = (on_text, on_lists, on_numbers, on_tables)
_PARTS = (*_IN_TASKS, *_IN_HARD)

INPUTS: dict[str, list[Arguments]] = {
    name: list({repr(each): each for each in inputs}.values())
    for part in _PARTS
    for name, inputs in part.INPUTS.items()
}
REFERENCES: dict[str, Callable[..., Any]] = {
    name: getattr(part, name) for part in _PARTS for name in part.INPUTS
}


def seen(function: Callable[..., Any], arguments: Arguments) -> str:
    """Call it, and say what came of it.

    Args:
        function: What is called.
        arguments: What it gets, as a copy: it may change it.

    Returns:
        The ``repr`` of what it returned, or "!" and the name of the error it raised.

    """
    try:
        return repr(function(*deepcopy(arguments)))
    except Exception as error:
        return f"!{type(error).__name__}"


def oracle(name: str) -> list[tuple[Arguments, str]]:
    """Say what a right answer to a task gives.

    Args:
        name: The name of the task.

    Returns:
        Each hidden call's arguments, and what has to come of it: see `seen`.

    Raises:
        KeyError: There is no task of that name.

    """
    reference = REFERENCES[name]
    return [(arguments, seen(reference, arguments)) for arguments in INPUTS[name]]

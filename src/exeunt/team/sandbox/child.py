"""Evaluates expressions in the tested process. Standard library only.

It knows the expressions and not what is wanted of them: whoever takes it over from
inside can say any value, as any function can return any value, and no more.
"""

from __future__ import annotations

import json
import os
import signal
import sys

# Kept here, whatever the tested code makes of them there.
from builtins import all, bool, dict, repr, type  # noqa: A004, UP029
from pathlib import Path

TYPE_CHECKING = False  # importing it takes longer than what it spares
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Job = dict[str, Any]
    Names = dict[str, Any]
    Answer = dict[str, Any]

Anything = BaseException  # the tested code may raise what it likes
ATOMS = type(None), type(...), bool, int, float, complex, str, bytes, bytearray, range
SEQUENCES: tuple[Any, ...] = list, tuple, set, frozenset
KIND: Any = type
KINDS: Any = type.mro  # no metaclass has a say in it
ITEMS = dict.__dict__["items"]
BELOW: dict[type, Any] = {str: str.__str__, int: int.__int__, float: float.__float__}


class TimeUp(BaseException):
    """The expression has used up its time."""


def answer_all(job: Job, fd: int) -> None:
    """Import the modules and answer one expression after the other."""
    signal.signal(signal.SIGPROF, time_up)
    try:
        names = load(job)
    except Anything as error:
        tell(fd, {"loaded": False, **describe(error, job["answer"])})
        return
    tell(fd, {"loaded": True})
    for expression, loosely in job["expressions"]:
        tell(fd, evaluate(expression, names, job, bare if loosely else itself))


def load(job: Job) -> Names:
    """Write the modules down, import them, and return the names that they have."""
    names: Names = {"__name__": "__checks__"}
    for path, source in job["files"].items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(source, encoding="utf-8")
    sys.path.insert(0, str(Path.cwd()))
    for name in job["modules"]:
        names[name.partition(".")[0]] = __import__(name)
        public = vars(sys.modules[name]).items()
        names.update((key, value) for key, value in public if key[:2] != "__")
    exec(job["setup"], names)  # noqa: S102 - what it is for
    return names


def evaluate(
    expression: str, names: Names, job: Job, change: Callable[[Any], Any]
) -> Answer:
    """Evaluate one expression, and put what came of it into text."""
    try:
        signal.setitimer(signal.ITIMER_PROF, job["each"])
        try:
            value = eval(expression, names)  # noqa: S307 - what it is for
        except TimeUp:
            return {"raised": "timeout", "text": "its time is up"}
        except Anything as error:
            return describe(error, job["answer"])
        return show(change(value), job["answer"])
    except Anything as error:
        said = f"<a value that cannot be shown: {type(error).__name__}>"
        return {"plain": False, "text": said}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def time_up(*_: object) -> None:
    """End the expression that runs."""
    raise TimeUp


def show(value: object, most: int) -> Answer:
    """Put a value into text, one character more than may be if it is too long."""
    return {"plain": plain(value), "text": repr(value)[: most + 1]}


def describe(error: BaseException, most: int) -> Answer:
    """Name an error and say what it says."""
    try:
        said = str(error)[:most]
    except Anything:
        said = ""
    return {"raised": type(error).__name__, "text": said}


def plain(value: Any, depth: int = 50) -> bool:
    """Say whether the value is made of builtin types only, whose repr cannot lie."""
    kind = KIND(value)
    if kind in ATOMS:
        return True
    if depth == 0:
        return False
    if kind is dict:
        value = [*value.keys(), *value.values()]
    elif kind not in SEQUENCES:
        return False
    return all(plain(item, depth - 1) for item in value)


def itself(value: Any) -> Any:
    """Change nothing."""
    return value


def bare(value: Any, depth: int = 50) -> Any:
    """Take the value for what it is below: a Counter for a dict, a member for an int.

    It asks the builtin types only, so that no method of the tested code has a say.
    """
    if depth == 0:
        return value
    kinds = KINDS(type(value))
    if dict in kinds:
        items = ITEMS(value)
        return {bare(key, depth - 1): bare(item, depth - 1) for key, item in items}
    for kind in SEQUENCES:
        if kind in kinds:
            return kind([bare(item, depth - 1) for item in kind.__iter__(value)])
    for atom, make in BELOW.items():
        if atom in kinds and type(value) is not bool:
            return make(value)
    return value


def tell(fd: int, line: Answer) -> None:
    """Write one line to the host, whole."""
    rest = json.dumps(line).encode() + b"\n"
    while rest:
        rest = rest[os.write(fd, rest) :]

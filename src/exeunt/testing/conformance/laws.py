"""What a law is: a number, its name, its sentence, and how it is judged."""

from collections.abc import Callable
from typing import Any, Literal

import attrs

from .play import Play
from .scene import Scene

Kind = Literal[
    "any", "peaceful", "hosting", "overrunning", "crowd", "queue", "mailbox", "tight"
]
Again = Callable[[Scene], Play]


class Broken(Exception):
    """What a judge has seen."""


@attrs.frozen
class Bench:
    """What a judge has besides the play."""

    setting: Any  # what the agent or the mailbox was made with
    again: Again  # plays a scene in the same order of steps


@attrs.frozen
class Law:
    """One law.

    Attributes:
        number: as the laws are counted throughout exeunt.
        name: in words.
        sentence: what it says.
        kind: of the scenes on which it is judged.
        judge: raises `Broken` if a play breaks it.
    """

    number: int
    name: str
    sentence: str
    kind: Kind
    judge: Callable[[Play, Bench], None]

    def __str__(self) -> str:
        return f"law {self.number}, {self.name}"

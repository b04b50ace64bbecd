"""What is judged, and what comes of it."""

import keyword
import sys
from collections.abc import Mapping
from typing import Literal

import attrs

Ended = Literal[
    "all checked", "stopped early", "not importable", "timeout", "memory", "crashed"
]


@attrs.frozen
class Check:
    """One expression and what it has to give, as in a doctest.

    Attributes:
        name: What to call the check.
        expression: A Python expression.
        want: What its value looks like, as ``repr`` has it.
        raises: The name of the error that it has to raise instead.

    """

    name: str
    expression: str
    want: str | None = None
    raises: str | None = None

    def __attrs_post_init__(self) -> None:
        if (self.want is None) == (self.raises is None):
            raise ValueError(f"check {self.name!r} needs a want, or else a raises")


def _importable(_: object, __: object, sources: Mapping[str, str]) -> None:
    for name in sources:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts) or set(parts) & {
            *keyword.kwlist
        }:
            raise ValueError(f"{name!r} cannot be the name of a module")
        if parts[0] in sys.stdlib_module_names:
            raise ValueError(f"{name!r} would hide a module of the standard library")


@attrs.frozen
class Program:
    """Tested code, and what has to hold of it.

    Attributes:
        sources: The text of each module, by its name. The checks see the public names
            of them all; of two of the same name they see the later one.
        checks: What has to hold, the cheapest first.
        setup: Statements that run before the checks, with the same names.

    """

    sources: Mapping[str, str] = attrs.field(validator=_importable)
    checks: tuple[Check, ...] = ()
    setup: str = ""


@attrs.frozen
class Verdict:
    """What came of one check.

    Attributes:
        check: Which check.
        passed: Whether it holds.
        got: The value as ``repr`` has it, or what the error said.
        raised: The name of the error that was raised, if one was.

    """

    check: Check
    passed: bool
    got: str
    raised: str | None = None


@attrs.frozen
class Report:
    """What came of a program.

    Attributes:
        verdicts: One for each check that was run, in order.
        ended: How the run ended.
        detail: More about that, for a reader.
        wanted: How many checks there were.

    """

    verdicts: tuple[Verdict, ...]
    ended: Ended
    detail: str
    wanted: int

    @property
    def passed(self) -> bool:
        """Whether every check was run, and passed. Without checks, nothing has."""
        return (
            self.ended == "all checked"
            and len(self.verdicts) == self.wanted > 0
            and all(verdict.passed for verdict in self.verdicts)
        )

"""What a sweep does to a run, as values that can be written down and read again."""

import re
from typing import Literal, cast
from urllib.parse import quote, unquote

import attrs

Kind = Literal["cancel", "victim", "interrupt", "crash-before", "crash-after", "fail"]

_WORD = re.compile(
    r"(?P<kind>cancel|victim|interrupt|crash-before|crash-after)"
    r"@(?P<idle>idle)?(?P<at>\d+)"
    r"|fail@(?P<name>\S+):(?P<nth>\d+)"
)


@attrs.frozen
class Blow:
    """One disturbance of a run.

    Attributes:
        kind: ``"cancel"``: the scenario is cancelled, ``"victim"``: its blocks that
            are marked, ``"interrupt"``: Ctrl-C is pressed, all three before a step;
            ``"crash-before"`` and ``"crash-after"``: an agent crashes before or after
            it handles a message; ``"fail"``: a failpoint raises.
        at: which step, which message of all, or which passing of the failpoint.
        name: of the failpoint.
        idle: whether *at* counts the moments at which every task waits, not the steps.
    """

    kind: Kind
    at: int
    name: str = ""
    idle: bool = False

    def __str__(self) -> str:
        if self.kind == "fail":
            return f"fail@{quote(self.name)}:{self.at}"
        return f"{self.kind}@{'idle' * self.idle}{self.at}"

    @property
    def when(self) -> str:
        """At which moment, in words."""
        if self.idle:
            return f"when every task waited, moment {self.at}"
        return f"before step {self.at}"

    @property
    def told(self) -> str:
        """What it does, in words."""
        match self.kind:
            case "cancel":
                return f"it was cancelled {self.when}"
            case "victim":
                return f"its victims were cancelled {self.when}"
            case "interrupt":
                return f"Ctrl-C was pressed {self.when}"
            case "fail":
                return f"failpoint {self.name!r} failed at passing {self.at}"
            case _:
                when = self.kind.removeprefix("crash-")
                return f"an agent crashed {when} message {self.at} of all"


def split(text: str) -> tuple[str, tuple[Blow, ...]]:
    """Part the text of a disturbed run into that of its schedule and its blows."""
    words = [(word, _WORD.fullmatch(word)) for word in text.split()]
    blows = (
        Blow("fail", int(found["nth"]), unquote(found["name"]))
        if found["name"]
        else Blow(
            cast("Kind", found["kind"]), int(found["at"]), idle=bool(found["idle"])
        )
        for _, found in words
        if found is not None
    )
    return " ".join(word for word, found in words if found is None), tuple(blows)


def join(schedule: str, blows: tuple[Blow, ...]) -> str:
    """Return the text that `split` takes."""
    words = [*map(str, blows)]
    return " ".join(words if words and schedule == "fifo" else [schedule, *words])

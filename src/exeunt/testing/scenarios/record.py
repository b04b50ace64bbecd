"""What comes of a scenario, kept by those who play it."""

from typing import TYPE_CHECKING, Any, Literal

import attrs

from ..._model.outcome import Outcome

if TYPE_CHECKING:
    from .scenario import Line, Scenario

What = Literal[
    "offered",
    "accepted",
    "answered",
    "declined",
    "lost",
    "refused",
    "left",
    "begun",
    "ended",
    "raised",
    "postponed",
    "end",
    "closed",
]


@attrs.frozen
class Entry:
    """One event of a play.

    A sender's view is ``offered``, and then one of these: ``accepted`` (what was sent);
    ``answered`` and ``declined`` (what was asked: the agent returned, or raised a
    `Refusal`); ``lost`` (accepted, but its asker got another error); ``refused`` (not
    accepted); ``left`` (the sender's patience was over). A handler's view is ``begun``,
    and then ``ended``, ``raised`` or ``postponed``. ``end`` is the beginning of an
    `End`, ``closed`` the agent's end.
    """

    what: What
    """Which event."""
    number: int | None = None
    """Of which line, or of which end; None if it is about neither."""
    detail: Any = None
    """The answer, or the error, if there is one."""
    at: float = 0
    """When, in seconds since the agent was ready."""


@attrs.frozen
class Result:
    """What came of one line, as its sender sees it."""

    line: "Line"
    """The line."""
    what: What
    """One of the sender's words; see `Entry`."""
    value: Any = None
    """The answer, or the error, if there is one."""

    @property
    def accepted(self) -> bool | None:
        """Whether the message was accepted; None if its sender cannot know.

        Whoever left an ask does not know.
        """
        if self.what == "left":
            return None if self.line.way == "ask" else False
        return self.what != "refused"


@attrs.frozen
class Record:
    """What came of a scenario."""

    scenario: "Scenario"
    """What was played."""
    results: tuple[Result, ...]
    """What came of each line, in the order of the scenario."""
    outcome: Outcome
    """How the agent left, with its ledger and the undelivered messages."""
    crashes: tuple[BaseException, ...]
    """What left the agent's task by itself, planned or not; at most one."""
    log: tuple[Entry, ...]
    """Every event, in order."""

    def numbers(self, *what: What) -> list[int]:
        """Return the numbers of the lines with such an entry, in the log's order."""
        return [
            entry.number
            for entry in self.log
            if entry.what in what and entry.number is not None
        ]

"""What happened, in words that pictures, headlines and stories share."""

from .._model import events as ev
from .parts import Message
from .words import seconds

NEVER = ("abandoned", "dropped", "undelivered")
"""The fates of messages that were accepted and that nobody began to handle."""

_SOURCES = {
    "deadline": "deadline",
    "nursery": "a task in it failed",
    "shutdown": "the main task has ended",
    "KeyboardInterrupt": "Ctrl+C",
}
_NURSERYS = (
    ("child task raised", "a task in it failed"),
    ("Code block", "its block failed"),
)
"""How Trio's reasons begin, and what says the same in short."""
_ENDS = {
    "abandoned": "never handled: its asker had left",
    "dropped": "dropped: the mailbox was full",
    "undelivered": "never handled",
    "refused": "refused",
    "withdrawn": "withdrawn: no room came",
}


def why(cancel: ev.ScopeCancelled) -> str:
    """Why a scope was cancelled, such as "the sprint is over (deadline)"."""
    source = _SOURCES.get(cancel.source, "")
    if cancel.source == "nursery":
        return next((ours for trios, ours in _NURSERYS if _is(cancel, trios)), source)
    if cancel.reason and source:
        return f"{cancel.reason} ({source})"
    return cancel.reason or source


def _is(cancel: ev.ScopeCancelled, beginning: str) -> bool:
    return (cancel.reason or "").startswith(beginning)


def lost(message: Message) -> str:
    """What became of a message that nobody began to handle."""
    return _ENDS.get(message.fate or "", "never handled")


def lasted(begun: ev.Event | None, ended: ev.Event | None) -> str:
    """How long, such as "1.5 s"; "" if that is not known, or no time."""
    if begun is None or ended is None or ended.t <= begun.t:
        return ""
    return seconds(ended.t - begun.t)

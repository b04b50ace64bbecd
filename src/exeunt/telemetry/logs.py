"""A run as log lines, by `logging` or structlog; neither has to be set up for it.

structlog is not imported: its loggers are known by what they are not, the standard
library's.
"""

from collections.abc import Iterable
from logging import DEBUG, ERROR, INFO, WARNING, Logger, getLogger
from typing import Any, Protocol, final

import attrs

from .._model import events as happened
from .._model.events import Event
from .knowing import Known, People

__all__ = ["EventLog", "StructuredLogger"]


class StructuredLogger(Protocol):
    """A logger that takes fields as keywords, such as structlog's."""

    def log(self, level: int, event: str, **fields: Any) -> object:
        """Write a line with *fields*."""
        ...


_Words = dict[type[Event], tuple[int, str]]

_WORDS: _Words = {
    happened.ScopeOpened: (DEBUG, "{scope} opened"),
    happened.ScopeCancelled: (INFO, "{scope} cancelled{why}"),
    happened.ScopeClosed: (DEBUG, "{scope} closed"),
    happened.AgentStarted: (INFO, "{agent} started"),
    happened.AgentReady: (DEBUG, "{agent} ready"),
    happened.AgentFailed: (WARNING, "{agent} failed while {doing}: {error}"),
    happened.AgentRestarted: (WARNING, "{agent} started again, restart {restarts}"),
    happened.AgentStopping: (INFO, "{agent} accepts nothing more: {how}{why}"),
    happened.AgentLeaving: (DEBUG, "{agent} leaves"),
    happened.AgentLeft: (INFO, "{agent} left: {outcome}{error_said}"),
    happened.TaskStarted: (DEBUG, "task {task} started"),
    happened.TaskEnded: (DEBUG, "task {task} ended: {outcome}{error_said}"),
    happened.MessageOffered: (DEBUG, "{kind} of {said} to {dst}"),
    happened.MessageWaits: (DEBUG, "{said} waits for room at {dst}"),
    happened.MessageAccepted: (DEBUG, "{said} accepted by {dst}"),
    happened.MessageBegun: (DEBUG, "{agent} begins {said}"),
    happened.MessagePostponed: (DEBUG, "{said} postponed by {dst}"),
    happened.MessageEnded: (DEBUG, "{said} to {dst} {fate}{error_said}"),
    happened.AskAnswered: (DEBUG, "{said} answered by {dst}{error_said}"),
    happened.AskLeft: (DEBUG, "{said} to {dst} has lost its asker"),
    happened.WaitBegan: (DEBUG, "{who} waits for the {what} of {agent}"),
    happened.WaitEnded: (DEBUG, "{who} waits for {agent} no more"),
    happened.Noted: (INFO, "{who}: {text}"),
    happened.StoodAt: (DEBUG, "{who} stands at {file}:{line}"),
    happened.StepWasLong: (
        WARNING,
        "{who} kept everybody waiting {took:.3f} s, {where}",
    ),
}

# Where what came of it counts for more than what happened.
_GRAVE = {
    "crashed": ERROR,
    "killed": ERROR,
    "undelivered": WARNING,
    "dropped": INFO,
    "refused": INFO,
    "withdrawn": INFO,
    "interrupted": INFO,
    "abandoned": INFO,
}

_PEOPLE = {"agent", "task", "who", "src", "dst", "by", "owner", "pool"}
_SCOPES = {"scope", "parent"}
# What a log record, or structlog, calls something else.
_OTHERWISE = {"message": "message_number"}
# As the agent, the scope or the type of an agent or a message.
_SAID_ELSEWHERE = {"name", "type"}


@attrs.frozen
class _Message:
    type: str
    text: str
    src: int | None
    dst: int


@final
class EventLog:
    """Writes each event as one line, with what it says as fields beside it.

    A crash that an agent does not survive is an error. Exceptions that come out of
    agents, restarts, messages that were accepted but never handled and steps that kept
    everybody waiting are warnings. Who comes, who leaves, what is cancelled and other
    messages that nobody handles are infos; the rest is for debugging.

    The field ``exeunt`` has the name of the event's class, and the others are called as
    in the class, with agents, tasks and scopes by their names. What a log record calls
    otherwise is ``message_number``, ``message_text``, ``message_type`` and
    ``agent_type``. The time of the event is ``t``; the line has its own.

    Args:
        logger: the standard library's, in which the fields are ``extra``, or one that
            takes them as keywords, such as structlog's. If not given, the logger
            ``exeunt``.

    Example::

        log = EventLog(logging.getLogger("shop"))
        log.feed(recording.events)
    """

    def __init__(self, logger: Logger | StructuredLogger | None = None) -> None:
        self._logger = getLogger("exeunt") if logger is None else logger
        self._people = People()
        self._scopes: Known[str] = Known()
        self._messages: Known[_Message] = Known()

    def feed(self, events: Iterable[Event]) -> None:
        """Write *events*, which follow those that were fed before."""
        for event in events:
            self._hear(event)
            level, words = _WORDS[type(event)]
            level = max(level, _GRAVE.get(_end_of(event), level))
            if not isinstance(self._logger, Logger):
                fields = self._fields(event)
                self._logger.log(level, _line(words, fields), **fields)
            elif self._logger.isEnabledFor(level):
                fields = self._fields(event)
                self._logger.log(level, _line(words, fields), extra=fields)

    def _hear(self, event: Event) -> None:
        self._people.hear(event)
        match event:
            case happened.ScopeOpened(scope=number, name=name):
                self._scopes[number] = f"{name} #{number}"
            case happened.ScopeClosed(scope=number):
                self._scopes.end(number)
            case happened.MessageOffered(message=number):
                self._messages[number] = _Message(
                    event.type, event.text, event.src, event.dst
                )
            case happened.MessageEnded(message=number):
                self._messages.end(number)
            case _:
                pass

    def _fields(self, event: Event) -> dict[str, Any]:
        fields = {
            _OTHERWISE.get(name, name): self._in_words(name, value)
            for name, value in attrs.asdict(event, recurse=False).items()
            if name not in _SAID_ELSEWHERE
        }
        message = self._messages.get(getattr(event, "message", None))
        if message is not None:
            fields["message_type"], fields["message_text"] = message.type, message.text
            fields["src"] = self._people.name(message.src)
            fields["dst"] = self._people.name(message.dst)
        agent = getattr(event, "agent", None)
        if agent is not None:
            fields["agent_type"] = self._people.type(agent)
        fields["exeunt"] = type(event).__name__
        nothing: tuple[object, ...] = (None, {})
        return {name: said for name, said in fields.items() if said not in nothing}

    def _in_words(self, field: str, value: Any) -> Any:
        if field in _PEOPLE:
            return self._people.name(value)
        if field in _SCOPES:
            return self._scopes.get(value) or value
        return value


def _end_of(event: Event) -> str:
    match event:
        case happened.AgentLeft(outcome=end) | happened.MessageEnded(fate=end):
            return end
        case happened.TaskEnded(outcome="failed"):
            return "crashed"
        case _:
            return ""


def _line(words: str, fields: dict[str, Any]) -> str:
    reason = fields.get("reason") or fields.get("source")
    error = fields.get("error")
    more = {
        "said": fields.get("message_text", "a message"),
        "why": f" ({reason})" if reason else "",
        "error_said": f": {error}" if error else "",
        "who": "somebody",
        "dst": "somebody",
    }
    line = words.format_map({**more, **fields})
    return " ".join(line.splitlines())  # an error may have many

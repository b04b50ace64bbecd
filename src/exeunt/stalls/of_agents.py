"""Recognise what a task waits for, if it is something of exeunt's."""

# pyright: reportPrivateUsage=false

import inspect
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any

from trio.lowlevel import Task

from .._core.ask import Ask, Stage, message_of
from .._core.lane import NOTHING
from .._core.life import Life
from .._core.mailbox import Mailbox, Sender
from .._core.runner import run
from .._core.stream import Demand, Stream
from .._model.lifecycle import State
from .._model.words import shown
from .cause import Cause
from .stack import is_ours

_LONGEST = 60
_RUN: CodeType = inspect.unwrap(run).__code__

_FATES = {
    Stage.QUEUED: ", which lies in its mailbox",
    Stage.BEGUN: ", which it is handling",
    Stage.DEFERRED: ", whose reply it has put off",
}


def life_of(task: Task) -> Life | None:
    """Return the life of the agent whose own task this is, if it is one's."""
    first = next((frame for frame, _ in task.iter_await_frames()), None)
    if first is None or first.f_code is not _RUN:
        return None
    life: Life = first.f_locals["life"]
    return life


def called(life: Life) -> str:
    """Return what a report calls an agent."""
    return f"agent {life.name!r}"


def turn_of(life: Life) -> str | None:
    """Return the message that the agent is handling, shown short."""
    return None if life.turn is NOTHING else _short(message_of(life.turn))


def cause_in_exeunt(within: Sequence[FrameType]) -> Cause | None:
    """Return what the task waits for that stands in these frames, if it is ours."""
    for frame in reversed(within):
        if is_ours(frame):
            cause = _by_self(frame.f_locals.get("self")) or _by_function(frame)
            if cause is not None:
                return cause
    return None


def within_what(within: Sequence[FrameType]) -> str:
    """Return what of exeunt the user has called, if that is where the task waits."""
    for frame in within:
        if is_ours(frame):
            owner = frame.f_locals.get("self")
            function = frame.f_code.co_name
            return function if owner is None else f"{type(owner).__name__}.{function}"
    return ""


def _by_self(owner: object) -> Cause | None:
    match owner:
        case Demand():
            return Cause("agent", "its reader to want the next item")
        case Stream(opened=True) as stream:
            asked = _short(stream.message)
            what = f"an item from {called(stream.life)} for {asked}"
            return _of(stream.life, what)
        case Ask() as ask:
            return _ask(ask)
        case Sender() as sender:
            return _room(sender._life, f"send {_short(sender.message)}")
        case _:
            return None


def _ask(ask: Ask) -> Cause:
    life, message = ask.life, _short(ask.message)
    if ask.stage is Stage.LINED:
        return _room(life, f"ask {message}")
    what = f"an answer from {called(life)} to {message}{_FATES.get(ask.stage, '')}"
    if ask.stage is Stage.DEFERRED:  # whoever has the reply can settle it
        return Cause("agent", what)
    return _of(life, what)


def _room(life: Life, to_do: str) -> Cause:
    used = f"{life.mailbox.waiting} of {life.mailbox.capacity} used"
    return _of(life, f"room in the mailbox of {called(life)} ({used}), to {to_do}")


def _of(life: Life, what: str) -> Cause:
    """Wait for the own task of an agent, unless others work for it too."""
    tasks = (life.task,) if life.task is not None else ()
    return Cause("agent", what, () if life.crew else tasks, tasks)


def _by_function(frame: FrameType) -> Cause | None:
    names: dict[str, Any] = frame.f_locals
    life, function = names.get("life"), frame.f_code.co_name
    if not isinstance(life, Life):
        return None
    if function == "until_closed":
        return _of(life, f"the end of {called(life)}")
    if function == "ready":
        return _of(life, f"{called(life)} to be ready")
    if isinstance(names.get("mailbox"), Mailbox):
        return _message(life)
    return None


def _message(life: Life) -> Cause:
    owed = len(life.deferred or ())
    replies = f"{owed} repl{'y' if owed == 1 else 'ies'} that it has put off"
    if owed and life.state is State.DRAINING:
        return Cause("message", replies)
    return Cause("message", f"a message, owing {replies}" if owed else "a message")


def _short(message: object) -> str:
    text = shown(message)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."

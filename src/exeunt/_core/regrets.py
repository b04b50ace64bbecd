"""What is said to those whose message is not handled: errors that hand it back."""

from typing import TYPE_CHECKING

from .._model.lifecycle import Event, Reason
from .._model.outcome import Fate
from .._model.words import shown
from ..exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    MessageDropped,
    NotARequest,
)

if TYPE_CHECKING:
    from .life import Life


def closed(life: "Life", message: object, fate: Fate | None = None) -> AgentClosed:
    """The agent does not handle this message any more."""
    crashed = life.reason is Reason.CRASHED
    ended = "crashed" if crashed else f"was {life.reason}"
    if life.again:
        ended = "is started again"
    if fate is Fate.HANDLED:
        what = f"{ended} before the reply it had deferred"
    elif fate is not None:
        what = f"{ended} and left the message {fate}"
    elif life.reason is None and life.mailbox.insiders is not None:
        what = "leaves with its group and takes messages from inside it alone"
    elif life.reason is None:
        what = f"is {life.state} and takes no more messages"
    else:
        what = f"{ended} and takes no more messages"
    error = AgentClosed(
        f"agent {life.name!r} {what}: {shown(message)}",
        message=message,
        agent=life.name,
        fate=fate,
    )
    error.__cause__ = life.error
    return error


def turn_lost(life: "Life", request: object, event: Event) -> Exception:
    """The turn of this request has ended before its time."""
    if event is not Event.CRASH:
        return closed(life, request, Fate.INTERRUPTED)
    error = AgentCrashed(
        f"agent {life.name!r} crashed on {shown(request)}: {shown(life.error)}",
        message=request,
        agent=life.name,
    )
    error.__cause__ = life.error
    return error


def no_request(life: "Life", message: object) -> NotARequest:
    """This cannot be asked."""
    return NotARequest(
        f"cannot ask agent {life.name!r} a {type(message).__name__}, which is "
        "no Request: send it, or derive its class from Request",
        message=message,
    )


def no_room(life: "Life", message: object) -> MailboxFull:
    """The mailbox is full, and nobody waits."""
    return MailboxFull(
        f"the mailbox of agent {life.name!r} is full "
        f"(capacity {life.mailbox.capacity}): {shown(message)}",
        message=message,
    )


def dropped(life: "Life", request: object) -> MessageDropped:
    """The overflow policy has given up this request."""
    return MessageDropped(
        f"the mailbox of agent {life.name!r} was full (capacity "
        f"{life.mailbox.capacity}) and dropped the request: {shown(request)}",
        message=request,
        agent=life.name,
    )

"""The phrases that sentences and stories share, and what to call everybody.

Plain present tense, and the same words everywhere: an agent begins a message, is done
with it, crashes, begins again, is told to stop, leaves.
"""

import re

from ..._model import events as ev
from ..parts import Message
from ..saying import why
from ..scene import Scene
from ..words import seconds

_ENOUGH = 80
"""Letters of a text that is one part of a sentence."""
_UNREADABLE = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+"
)
_OF_ITSELF = {"nursery", "supervisor", "run", ""}
_NO_TIME = 1e-9


def brief(text: str, most: int = _ENOUGH) -> str:
    """Text in one line, cut to a bearable length."""
    text = _UNREADABLE.sub(" ", text).strip()
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def named(scene: Scene, number: int | None) -> str:
    """What to call an agent or task of whom perhaps nothing is known."""
    figure = None if number is None else scene.figures.get(number)
    return (brief(figure.name) if figure else "") or "somebody"


def known(scene: Scene, number: int) -> Message:
    """The message of that number, of which perhaps nothing is known."""
    return scene.messages.get(number) or Message(number)


def titled(message: Message) -> str:
    """What to call a message: what its program says of it, in short."""
    return brief(message.text) or "a message"


def called(scene: Scene, number: int) -> str:
    """What to call a scope: by its name, or by whose it is."""
    scope = scene.scopes.get(number)
    if scope is None:
        return "a nursery"
    if scope.kind == "run":
        return "the run"
    name = brief(scope.name)
    if name not in _OF_ITSELF:
        return name
    owner = "the" if scope.owner is None else f"{named(scene, scope.owner)}'s"
    return f"{owner} {scope.kind}"


def lasted(begun: ev.Event | None, ended: ev.Event | None, before: str) -> str:
    """How long, after a word; "" if it took no time or is not known."""
    if begun is None or ended is None or ended.t - begun.t < _NO_TIME:
        return ""
    return before + seconds(ended.t - begun.t)


def because(reason: str | None) -> str:
    """Such as ": the sprint is over"; "" where nothing is known."""
    reason = brief(reason or "")
    return f": {reason}" if reason else ""


# Scopes and lives.


def opens(scene: Scene, event: ev.ScopeOpened) -> str:
    """Such as "manager opens crew, with a deadline at 6 s"."""
    name = brief(event.name)
    what = f"a {event.kind}" if name in _OF_ITSELF else name
    said = f"{what} opens"
    if event.owner is not None:
        said = f"{named(scene, event.owner)} opens {what}"
    if event.deadline is None:
        return said
    return f"{said}, with a deadline at {seconds(event.deadline)}"


def cancels(scene: Scene, event: ev.ScopeCancelled) -> str:
    """Such as "crew is cancelled: the sprint is over (deadline)"."""
    what, reason = called(scene, event.scope), because(why(event))
    if event.by is None:
        return f"{what} is cancelled{reason}"
    return f"{named(scene, event.by)} cancels {what}{reason}"


def starts(scene: Scene, event: ev.AgentStarted) -> str:
    """Such as "manager starts ", before the name of an agent."""
    return "here is " if event.by is None else f"{named(scene, event.by)} starts "


def kind_of(event: ev.AgentStarted, each: str = "") -> str:
    """Such as " (Engineer, mailbox of 2)"; its type unless the name says it."""
    kind = brief(event.type)
    said = "" if not kind or kind.lower() == event.name.lower() else f"{kind}, "
    return f" ({said}mailbox of {event.capacity:,}{each})"


def crashes(scene: Scene, event: ev.AgentFailed) -> str:
    """Such as "engineer A crashes while entering its lifespan: OSError: gone"."""
    doing = f" while {brief(event.doing)}" if event.doing else ""
    return f"{named(scene, event.agent)} crashes{doing}{because(event.error)}"


def stops(event: ev.AgentStopping) -> str:
    """Such as " is told to stop", after the name of an agent."""
    match event.how:
        case "stop":
            return " is told to stop"
        case "cancel":
            return f" is cancelled{because(event.reason)}"
        case _:
            return " has crashed, and takes no more messages"


def leaves(event: ev.AgentLeft) -> str:
    """Such as ", cancelled", after the name of an agent that leaves."""
    how = "" if event.outcome == "stopped" else f", {event.outcome}"
    return f"{how}{because(event.error)}"


def finishes(event: ev.TaskEnded) -> str:
    """Such as " is done", after the name of a task."""
    match event.outcome:
        case "returned":
            return " is done"
        case "cancelled":
            return " ends, cancelled"
        case "failed":
            return f" fails{because(event.error)}"
        case _:
            return " ends"


# Messages.


def offer(scene: Scene, message: Message, wants: bool = False) -> tuple[str, str, str]:
    """Who sends, what, and to whom; such as "manager sends ", "Task(1)", " to A"."""
    src, dst = named(scene, message.src), named(scene, message.dst)
    text = titled(message)
    if message.kind == "timer":
        return "", text, f" is due: a timer sends it to {dst}"
    if message.kind == "watch":
        return f"{dst} is told: ", text, ""
    if message.kind in {"ask", "stream"}:
        return f"{src} {'wants to ask' if wants else 'asks'} {dst}: ", text, ""
    if message.src is None:
        return "", text, f" is sent to {dst}"
    return f"{src} {'wants to send' if wants else 'sends'} ", text, f" to {dst}"


def full(scene: Scene, message: Message, its: str = "") -> str:
    """Such as "the mailbox of engineer B is full (2)"."""
    dst = None if message.dst is None else scene.figures.get(message.dst)
    size = "" if dst is None or dst.capacity is None else f" ({dst.capacity:,})"
    return f"{its or f'the mailbox of {named(scene, message.dst)}'} is full{size}"


def accepted(scene: Scene, message: Message) -> tuple[str, str, str]:
    """Such as "there is room for ", "Task(7)", " at B: manager goes on after 2 s"."""
    text, dst = titled(message), named(scene, message.dst)
    if message.waits is None:
        return "", text, f" is in the mailbox of {dst}"
    if message.kind == "send":
        took = lasted(message.waits, message.accepted, " after ")
        return (
            "there is room for ",
            text,
            f" at {dst}: {named(scene, message.src)} goes on{took}",
        )
    took = lasted(message.waits, message.accepted, ", after ")
    return "there is room for ", text, f" at {dst}{took}"


def answered(scene: Scene, message: Message, event: ev.AskAnswered) -> str:
    """Such as "manager has the answer to design? from architect after 0.4 s"."""
    src, dst = named(scene, message.src), named(scene, message.dst)
    text = titled(message)
    if event.error is not None:
        return f"{src} gets an error for {text} from {dst}{because(event.error)}"
    took = lasted(message.offered, event, " after ")
    return f"{src} has the answer to {text} from {dst}{took}"


def handler(scene: Scene, message: Message) -> str:
    """Who has a message in hand, or would have."""
    return named(scene, message.turns[-1].agent if message.turns else message.dst)


def ended(
    scene: Scene, message: Message, event: ev.MessageEnded
) -> tuple[str, str, str]:
    """Such as "engineer A is done with ", "Task(1)", " after 1 s"."""
    who, text = handler(scene, message), titled(message)
    took = lasted(message.turns[-1].begun, event, " after ") if message.turns else ""
    match event.fate:
        case "handled":
            return f"{who} is done with ", text, took
        case "failed":
            return f"{who} fails at ", text, f"{took}{because(event.error)}"
        case "interrupted":
            return f"{who} is cut short in ", text, took
        case "refused":
            return f"{who} does not take ", text, because(event.error)
        case "withdrawn":
            src = named(scene, message.src)
            return f"{src} takes back ", text, f": no room has come at {who}"
        case "abandoned":
            return "", text, f" is never handled by {who}: nobody waits for it any more"
        case "dropped":
            return "", text, f" is never handled: {full(scene, message)}"
        case "undelivered":
            return "", text, f" is never handled by {who}"

"""What there is to draw in each lane, found in one go through the scene."""

from collections.abc import Iterator
from typing import NamedTuple

import attrs

from ..._model import events as ev
from ..parts import Message, Turn, Wait
from ..saying import NEVER, lasted
from ..scene import Scene


class Waiting(NamedTuple):
    """Somebody waits: for an answer, a start or an end, or for room."""

    begun: ev.Event | None
    ended: ev.Event | None
    says: tuple[str, ...]
    """The same in longer and shorter words."""
    room: bool = False


class Kept(NamedTuple):
    """A message lay in a mailbox."""

    message: Message
    begun: ev.Event | None
    ended: ev.Event | None
    lost: bool = False
    """Nobody ever began to handle it."""


@attrs.define(eq=False)
class Marks:
    """What a lane shows."""

    turns: list[tuple[Message, Turn]] = attrs.field(factory=list[tuple[Message, Turn]])
    waits: list[Waiting] = attrs.field(factory=list[Waiting])
    mailbox: list[Kept] = attrs.field(factory=list[Kept])
    refused: list[Message] = attrs.field(factory=list[Message])
    notes: list[ev.Noted] = attrs.field(factory=list[ev.Noted])


def marks(scene: Scene) -> dict[int, Marks]:
    """What each lane shows, by the number of its agent or task."""
    found = {number: Marks() for number in scene.figures}
    for message in scene.messages.values():
        for turn in message.turns:
            found[turn.agent].turns.append((message, turn))
        if message.dst is not None:
            found[message.dst].mailbox += _kept(message)
            if message.fate == "refused":
                found[message.dst].refused.append(message)
        if message.src is not None:
            found[message.src].waits += _held_up(scene, message)
    for wait in scene.waits:
        found[wait.who].waits.append(_awaited(scene.name(wait.agent), wait))
    for note in scene.notes:
        if note.who is not None:
            found[note.who].notes.append(note)
    for lane in found.values():
        lane.turns.sort(key=lambda turn: turn[1].begun.seq)
        lane.waits.sort(key=lambda wait: wait.begun.seq if wait.begun else -1)
    return found


def _kept(message: Message) -> Iterator[Kept]:
    """When a message lay in the mailbox: before its first turn, and between turns."""
    if message.accepted is None and not message.turns:
        return
    since: ev.Event | None = message.accepted
    for turn in message.turns:
        yield Kept(message, since, turn.begun)
        since = turn.ended
    again = not message.turns or isinstance(since, ev.MessagePostponed)
    if again and (message.ended is None or message.fate in NEVER):
        yield Kept(message, since, message.ended, lost=message.fate in NEVER)


def _held_up(scene: Scene, message: Message) -> Iterator[Waiting]:
    """What the sender of a message waits for: room, then perhaps an answer."""
    name = scene.name(message.dst)
    if message.waits:
        took = lasted(message.waits, message.room)
        given_up = message.fate in ("withdrawn", "refused")
        says = f"{name} is full" + (": given up" if given_up else "")
        longer = f"{says} · {took}" if took else says
        yield Waiting(message.waits, message.room, (longer, says), room=True)
    if message.kind == "ask" and message.answered:
        begun = message.accepted if message.waits else message.offered
        took = lasted(begun, message.answered)
        left = "gives up on" if isinstance(message.answered, ev.AskLeft) else ""
        says = f"{left or 'waits for'} {name}"
        yield Waiting(begun, message.answered, (f"{says} · {took}", says))
    elif message.kind == "ask" and message.fate not in ("withdrawn", "refused"):
        says = f"waits for {name}"
        yield Waiting(message.room or message.offered, None, (f"{says}: in vain", says))


def _awaited(name: str, wait: Wait) -> Waiting:
    what = f"{name} is ready" if wait.what == "start" else f"{name} has left"
    took = lasted(wait.begun, wait.ended)
    says = f"waits until {what}"
    longer = f"{says} · {took}" if took else says
    return Waiting(wait.begun, wait.ended, (longer, says))

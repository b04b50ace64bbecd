"""The steps of a player: what is said, and where everybody stands meanwhile.

A step of the player is an event that has a sentence. Where somebody stands is recorded
at the end of each of Trio's steps, so that the events of that step look ahead to it.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from exeunt._model import events as ev
from exeunt.pictures.player.acting import actors, ends_turn, is_trouble
from exeunt.pictures.scene import Scene
from exeunt.pictures.story import sentence

Place = tuple[str, int]
"""A file and a line, from 1."""


@attrs.frozen
class Step:
    """What a player shows at once."""

    event: ev.Event
    says: str
    who: int | None
    """Of whom it tells."""
    moves: Mapping[int, Place | None]
    """Who stands somewhere else than at the step before, and where; None: nowhere."""
    trouble: bool


def steps(scene: Scene) -> Iterator[Step]:
    """Make the steps of a run."""
    who = actors(scene)
    ahead = _ahead(scene.events, who)
    stand: dict[int, Place | None] = {}
    shown: dict[int, Place | None] = {}
    for event, actor, place in zip(scene.events, who, ahead, strict=True):
        if actor is not None and place is not None:
            stand[actor] = place
        says = sentence(scene, event)
        if says is None:
            continue
        moves = {one: at for one, at in stand.items() if shown.get(one) != at}
        yield Step(event, says, actor, moves, is_trouble(event))
        shown.update(moves)
        if actor is not None and ends_turn(event, actor, scene):
            stand[actor] = None


def _ahead(
    events: Sequence[ev.Event], who: Sequence[int | None]
) -> Sequence[Place | None]:
    """Where the actor of each event stands at the end of the step that it is in."""
    found: list[Place | None] = []
    actor: int | None = None
    place: Place | None = None
    for event, one in zip(reversed(events), reversed(who), strict=True):
        if isinstance(event, ev.StoodAt):
            actor, place = one, (event.file, event.line)
        elif one != actor:
            actor, place = one, None
        found.append(place)
    return found[::-1]

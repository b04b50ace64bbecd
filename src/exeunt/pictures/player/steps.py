"""The steps of a player: what is said, and where everybody stands meanwhile.

A step of the player is an event that has a sentence. Where somebody stands is recorded
at the end of each of Trio's steps, so that the events of that step look ahead to it.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from exeunt._model import events as ev
from exeunt.pictures.player.acting import actors, ends_all, is_trouble, looks_back
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
    moves: dict[int, Place | None] = {}
    for event, actor, place in zip(scene.events, who, ahead, strict=True):
        at = None if actor is None else stand.get(actor)
        stays = at is not None and looks_back(event)
        if actor is not None and place not in (None, at) and not stays:
            stand[actor] = moves[actor] = at = place
        says = sentence(scene, event)
        if says is None:
            continue
        yield Step(event, says, actor, moves, is_trouble(event))
        moves = {}
        if actor is not None and at is not None and ends_all(event, scene):
            stand[actor] = moves[actor] = None


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

"""Cancel at every step of some scenes, in several orders: the account stays exact.

Who is cancelled is varied, and the order too: a shield that is missing has been found
by the product of the two and by neither alone.
"""

from contextlib import ExitStack
from enum import Enum
from typing import Any

import pytest
import trio
from scenes import Backstage, Deed, End, Line, Scene, Way, perform
from test_laws_of_crashes import check_account
from test_laws_of_ends import check_no_leaks

from exeunt import Handle
from exeunt.testing.sweeping.sweeps import sweep_cancellation
from exeunt.testing.sweeping.victims import victim


class Victim(Enum):
    AGENT = "the agent, by its handle"
    STAGE = "the nursery of the agent"
    SPEAKERS = "everybody who talks to it or ends it"

    def part_of(self, backstage: Backstage) -> Handle[Any] | trio.CancelScope:
        match self:
            case Victim.AGENT:
                return backstage.handle
            case Victim.STAGE:
                return backstage.stage
            case Victim.SPEAKERS:
                return backstage.speaking


def lines(*said: tuple[int, Way, int, Deed]) -> tuple[Line, ...]:
    """Make lines of (sender, way, work, deed)."""
    return tuple(
        Line(number, sender, way, 0, None, work, deed)
        for number, (sender, way, work, deed) in enumerate(said)
    )


R = Deed.RETURN
SCENES = {
    "one sender, a drain": Scene(
        2, lines((0, Way.SEND, 1, R), (0, Way.SEND, 2, R)), (), 0, 1
    ),
    "senders that wait for room": Scene(
        1, lines(*((i % 3, Way.SEND, 1, R) for i in range(6))), (), 1, 0
    ),
    "askers and a rendezvous": Scene(
        0, lines(*((i % 3, Way.ASK, i % 3, R) for i in range(6))), (), 0, 1
    ),
    "linked askers": Scene(
        1, lines(*((i % 2, Way.LINKED, 2, R) for i in range(4))), (), 0, 0
    ),
    "replies put off and refused": Scene(
        3,
        lines(
            (0, Way.ASK, 1, Deed.DEFER),
            (1, Way.ASK, 0, Deed.REFUSE),
            (2, Way.LINKED, 1, Deed.DEFER),
            (0, Way.SEND, 0, R),
        ),
        (),
        0,
        1,
    ),
    "a crash amid a queue": Scene(
        2,
        lines(
            (0, Way.ASK, 1, R),
            (1, Way.ASK, 1, Deed.RAISE),
            (2, Way.SEND, 0, R),
            (0, Way.ASK, 0, R),
        ),
        (),
        0,
        1,
    ),
    "an aclose, a short aclose and a stop": Scene(
        2,
        lines((0, Way.SEND, 3, R), (1, Way.ASK, 3, R), (0, Way.SEND, 1, R)),
        ((0, End.ACLOSE), (1, End.SHORT_ACLOSE), (1, End.STOP)),
        0,
        4,
    ),
}


@pytest.mark.parametrize("victim", Victim, ids=str)
@pytest.mark.parametrize("name", SCENES)
def test_cancel_at_every_step(name: str, victim: Victim) -> None:
    swept = sweep_cancellation(_play, SCENES[name], victim, schedules=3)
    assert swept.points > 40


async def _play(scene: Scene, falls: Victim) -> None:
    with ExitStack() as marks:
        it = await perform(
            scene, lambda it: marks.enter_context(victim(falls.part_of(it)))
        )
    check_account(it)
    check_no_leaks(it)

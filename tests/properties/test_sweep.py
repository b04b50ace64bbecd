"""Cancel at every step of some scenes, in several orders: the account stays exact.

A scene is played once to count its steps; then again for each step, with a cancellation
just before that step is chosen. Who is cancelled is varied, and the order too: a
shield that is missing has been found by the product of the two and by neither alone.
"""

from enum import Enum
from random import Random

import pytest
from scenes import Backstage, Deed, End, Line, Log, Play, Scene, Way, perform
from test_laws_of_crashes import check_account
from test_laws_of_ends import check_no_leaks

from exeunt.testing import Schedule


class Victim(Enum):
    AGENT = "the agent, by its handle"
    STAGE = "the nursery of the agent"
    SPEAKERS = "everybody who talks to it or ends it"

    def cancel(self, backstage: Backstage) -> None:
        match self:
            case Victim.AGENT:
                backstage.handle.cancel("swept")
            case Victim.STAGE:
                backstage.stage.cancel()
            case Victim.SPEAKERS:
                backstage.speaking.cancel()


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


@pytest.mark.parametrize("order", range(3))
@pytest.mark.parametrize("victim", Victim, ids=str)
@pytest.mark.parametrize("name", SCENES)
def test_cancel_at_every_step(name: str, victim: Victim, order: int) -> None:
    random = Random(order)
    choices = [random.randrange(12) if order else 0 for _ in range(100)]
    undisturbed = Schedule(choices)
    undisturbed.run(perform, SCENES[name])
    for step in range(undisturbed.steps):
        it = _play_and_cancel(SCENES[name], Schedule(choices), victim, step)
        check_account(it)
        check_no_leaks(it)


def _play_and_cancel(
    scene: Scene, schedule: Schedule, victim: Victim, step: int
) -> Play:
    seen: list[Backstage] = []

    def cancel() -> None:
        for backstage in seen:  # none before the agent has been started
            victim.cancel(backstage)

    return schedule.run(perform, scene, seen.append, Log(), before={step: cancel})

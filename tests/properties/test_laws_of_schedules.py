"""Laws 24 and 30: what may depend on the schedule or the capacity, and what not."""

from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law
from scenes import Deed, Play, Scene, Way, play, scenes

from exeunt import Agent, Handle, Ledger, start
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


def story(it: Play) -> list[tuple[str, int | None, str]]:
    return [(what, number, str(detail)) for what, number, detail in it.log.entries]


@law("24 replay", scene=scenes(), schedule=schedules())
def test_the_same_schedule_gives_the_same_run(scene: Scene, schedule: Schedule) -> None:
    first = play(scene, schedule)
    steps = schedule.steps
    second = play(scene, schedule)
    assert schedule.steps == steps
    assert story(second) == story(first)
    assert second.outcome.ledger == first.outcome.ledger


@law(
    "24 schedule independence",
    scene=scenes(
        ways=(Way.SEND, Way.ASK),
        deeds=(Deed.RETURN, Deed.REFUSE),
        ends=(),
        patience=False,
    ),
    one=schedules(),
    other=schedules(),
)
def test_what_the_schedule_has_no_say_in(
    scene: Scene, one: Schedule, other: Schedule
) -> None:
    # Nobody ends the scene before everybody has spoken: the schedule can choose the
    # order among the senders, but neither what is handled nor what is answered.
    plays = [play(scene, schedule) for schedule in (one, other)]
    ledgers = [it.outcome.ledger for it in plays]
    answers = [
        {number: str(answer) for number, answer in it.log.details("answer").items()}
        for it in plays
    ]
    assert ledgers[0] == ledgers[1]
    assert answers[0] == answers[1]


@attrs.define
class Stage(Agent[int]):
    """One of a row of agents: passes each message on to the next."""

    next: Handle[int] | None
    heard: list[int]

    async def handle(self, message: int) -> None:
        if self.next is None:
            self.heard.append(message)
        else:
            await self.next.send(message)


@law(
    "30 monotone capacity",
    capacities=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    raised=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    messages=st.lists(st.integers(0, 2), max_size=8),
    schedule=schedules(),
)
def test_more_room_never_hurts(
    capacities: list[int], raised: list[int], messages: list[int], schedule: Schedule
) -> None:
    more = [a + b for a, b in zip(capacities, raised, strict=False)]
    for room in (capacities, more):
        heard, ledgers = schedule.run(_pass_along, room, messages)
        assert heard == [*range(len(messages))]
        assert {ledger.handled for ledger in ledgers} == {len(messages)}


async def _pass_along(
    room: list[int], messages: list[int]
) -> tuple[list[int], list[Ledger]]:
    heard: list[int] = []
    async with trio.open_nursery() as nursery:
        row: list[Handle[Any]] = []
        for capacity in room:
            following = row[-1] if row else None
            row.append(await start(nursery, Stage, following, heard, capacity=capacity))
        for number, pause in enumerate(messages):
            await trio.sleep(pause)
            await row[-1].send(number)
        for handle in reversed(row):
            await handle.aclose()
    return heard, [handle.outcome.ledger for handle in row if handle.outcome]

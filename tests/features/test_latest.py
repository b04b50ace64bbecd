"""A mailbox that keeps the latest message of each key, where it is asked or closed."""

from typing import Any

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Ledger, Request, start
from exeunt.exceptions import AgentClosed, MessageDropped


@attrs.frozen
class Draw(Request[int]):
    """What a screen is to draw; its place is the key."""

    place: str
    number: int


def place_of(draw: Draw) -> str:
    return draw.place


class Screen(Agent[Draw]):
    def __init__(self, gate: trio.Event) -> None:
        self.gate = gate

    async def handle(self, message: Draw) -> int:
        await self.gate.wait()
        return message.number


async def busy(nursery: trio.Nursery, gate: trio.Event) -> Handle[Any]:
    screen = await start(nursery, Screen, gate, overflow="latest", key=place_of)
    await screen.send(Draw("first", 0))
    await wait_all_tasks_blocked()
    return screen


async def test_the_asker_of_what_is_dropped_for_a_newer_one_hears_of_it(
    nursery: trio.Nursery,
) -> None:
    async def ask(draw: Draw) -> None:
        try:
            answers.append(await screen.ask(draw))
        except MessageDropped as error:
            answers.append(error.message)

    answers: list[object] = []
    gate = trio.Event()
    screen = await busy(nursery, gate)
    for number in 1, 2:
        nursery.start_soon(ask, Draw("here", number))
        await wait_all_tasks_blocked()
    assert answers == [Draw("here", 1)]
    gate.set()
    await screen.aclose()
    await wait_all_tasks_blocked()
    assert answers == [Draw("here", 1), 2]
    assert screen.statistics().ledger == Ledger(accepted=3, handled=2, dropped=1)


async def test_once_it_is_closed_no_key_has_a_place(nursery: trio.Nursery) -> None:
    gate = trio.Event()
    screen = await busy(nursery, gate)
    await screen.send(Draw("here", 1))
    screen.stop()
    for place in "here", "there":
        with pytest.raises(AgentClosed):
            screen.send_nowait(Draw(place, 2))
    gate.set()
    assert (await screen.wait_closed()).ledger == Ledger(accepted=2, handled=2)

"""Small supervised systems, each with assertions of what holds in every order."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import chain

import attrs
import trio
from small_systems import Note, Reader, check_order

from exeunt import Agent, Handle, open_supervisor
from exeunt.exceptions import AgentClosed


@attrs.define
class Store(Agent[str]):
    """What others use."""

    heard: list[str]

    async def handle(self, message: str) -> None:
        self.heard.append(message)


@attrs.define
class Front(Agent[str]):
    """Passes on to the store what it hears, and says goodbye to it."""

    name: str
    store: Handle[str]

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield
        await self.store.send(f"{self.name} leaves")

    async def handle(self, message: str) -> None:
        await self.store.send(message)


async def supervised(fronts: int, messages: int, stops: bool) -> tuple[str, ...]:
    """Agents that use one store leave before it, and what they send it arrives."""
    heard: list[str] = []
    accepted: list[list[str]] = [[] for _ in range(fronts)]

    async def tell(number: int, front: Handle[str]) -> None:
        for word in range(messages):
            try:
                await front.send(f"{number}:{word}")
            except AgentClosed:
                return
            accepted[number].append(f"{number}:{word}")

    async with trio.open_nursery() as outside:
        async with open_supervisor() as supervisor:
            store = await supervisor.start(Store, heard)
            for number in range(fronts):
                name = f"front {number}"
                front = await supervisor.start(
                    Front, name, store, name=name, uses=[store]
                )
                outside.start_soon(tell, number, front)
            if stops:
                await trio.lowlevel.checkpoint()
                supervisor.stop()
                await trio.sleep_forever()
        outcomes = supervisor.outcomes
    assert [outcome.agent for outcome in outcomes][-1] == "Store"
    assert sorted(heard) == sorted(
        [*chain(*accepted), *(f"front {number} leaves" for number in range(fronts))]
    )
    assert all(not outcome.undelivered for outcome in outcomes)
    return tuple(heard)


async def restarted(messages: int) -> tuple[int, ...]:
    """A crash costs the message at which it came, and no other."""
    begun: list[Note] = []
    async with open_supervisor() as supervisor:
        reader = await supervisor.start(Reader, begun, False, 0, restart="transient")

        async def tell(sender: int) -> None:
            for number in range(messages):
                await reader.send(Note(sender, number))

        async with trio.open_nursery() as outside:
            outside.start_soon(tell, 0)
            outside.start_soon(tell, 1)
        await supervisor.idle()
        ledger = reader.statistics().ledger
    check_order(begun)
    assert len(begun) == 2 * messages
    assert (ledger.failed, ledger.handled) == (2, 2 * messages - 2)
    return tuple(note.sender for note in begun)

"""Groups that leave: who may still wait for room in their mailboxes."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from exeunt import Agent, Handle, Pool, Request, Supervisor, open_supervisor
from exeunt.exceptions import AgentClosed


@attrs.frozen(eq=False)
class Do(Request[Any]):
    async_fn: Callable[..., Awaitable[object]]
    args: tuple[object, ...] = ()


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn(*message.args)


@attrs.define
class Door:
    """An agent of a group; its mailbox is full until 5 seconds have gone."""

    supervisor: Supervisor
    group: Any
    inner: Handle[Do]
    noted: list[str]
    refused: list[AgentClosed] = attrs.field(factory=list[AgentClosed])

    async def note(self, word: str) -> None:
        self.noted.append(word)

    async def send(self, word: str, after: float) -> None:
        """Send a message that is noted as *word*, or note how it was refused."""
        await trio.sleep(after)
        message = Do(self.note, (word,))
        try:
            await self.inner.send(message)
        except AgentClosed as error:
            assert error.message is message
            self.refused.append(error)
            self.noted.append(f"{word} is refused after {trio.current_time():g} s")

    async def fellow(self, factory: Any = Doer) -> Handle[Do]:
        """Start another agent of the group."""
        return await self.supervisor.start(factory, name="fellow", group=self.group)


@asynccontextmanager
async def door(noted: list[str]) -> AsyncGenerator[Door]:
    """Provide it; its group begins to leave at the end of the block."""
    async with open_supervisor() as supervisor:
        group = supervisor.group(settle=60)
        inner = await supervisor.start(Doer, name="inner", capacity=1, group=group)
        it = Door(supervisor, group, inner, noted)
        await inner.send(Do(trio.sleep, (5,)))
        await trio.sleep(0.5)
        await inner.send(Do(it.note, ("fills the mailbox",)))
        yield it


async def test_outsiders_in_the_line_are_refused_at_once_when_a_group_leaves(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    noted: list[str] = []
    async with door(noted) as it:
        nursery.start_soon(it.send, "outsider", 0)
        await trio.sleep(0.5)
    assert noted == ["outsider is refused after 1 s", "fills the mailbox"]
    assert "leaves with its group" in str(it.refused[0])


async def test_insiders_in_the_line_stay_in_it_when_a_group_leaves(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    noted: list[str] = []
    async with door(noted) as it:
        await (await it.fellow()).send(Do(it.send, ("insider", 0)))
        await trio.sleep(0.5)
        nursery.start_soon(it.send, "outsider", 0)
        await trio.sleep(0.5)
        nursery.start_soon(it.send, "latecomer", 1)
    assert noted == [
        "outsider is refused after 1.5 s",
        "latecomer is refused after 2.5 s",
        "fills the mailbox",
        "insider",
    ]


@pytest.mark.parametrize("factory", [Doer, Pool(2, Doer)])
async def test_insiders_may_get_in_line_while_their_group_leaves(
    factory: Any, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    noted: list[str] = []
    async with door(noted) as it:
        fellow = await it.fellow(factory)
        await fellow.send(Do(it.send, ("insider", 1)))
    assert noted == ["fills the mailbox", "insider"]

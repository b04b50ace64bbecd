"""Agents that are told what to do in their turns, and askers in the background."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio

from exeunt import Agent, Handle, Request


@attrs.frozen
class Do(Request[Any]):
    """What an agent is to call in its turn, with itself and with this request."""

    async_fn: Callable[["Doer", "Do"], Awaitable[object]]


@attrs.frozen
class LinkedDo(Do, linked=True): ...


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn(self, message)


async def do_nothing(doer: Doer, request: Do) -> None: ...


async def never_end(doer: Doer, request: Do) -> None:
    await trio.sleep_forever()


async def swallow_cancellation(doer: Doer, request: Do) -> str:
    try:
        await trio.sleep_forever()
    except trio.Cancelled:
        return "swallowed"


class Asker:
    """Asks in the background, and keeps what came of it."""

    def __init__(self, nursery: trio.Nursery, handle: Handle[Do], do: Do) -> None:
        self.results: list[object] = []
        self.scope = trio.CancelScope()
        nursery.start_soon(self._ask, handle, do)

    async def _ask(self, handle: Handle[Do], do: Do) -> None:
        with self.scope:
            try:
                self.results.append(await handle.ask(do))
            except Exception as error:
                self.results.append(error)

    @property
    def left(self) -> bool:
        return self.scope.cancelled_caught

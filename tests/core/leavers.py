"""Agents whose lifespans do something when they are left."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

from exeunt import Agent, Request


class Do(Request[object]):
    def __init__(self, async_fn: Callable[[], Awaitable[object]]) -> None:
        self.async_fn = async_fn


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn()


async def do_nothing() -> None: ...


async def fail() -> None:
    raise ValueError("in a turn")


async def press_ctrl_c() -> None:
    raise KeyboardInterrupt


class Leaver(Doer):
    """Calls a function when its lifespan is left, whatever it is left for."""

    def __init__(self, leave: Callable[[], Awaitable[object]]) -> None:
        self.leave = leave

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.leave()


class Employer(Doer):
    """Has a nursery for helpers around its life."""

    def __init__(self, *helpers: Callable[[], Awaitable[object]]) -> None:
        self.helpers = helpers

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as nursery:
            for helper in self.helpers:
                nursery.start_soon(helper)
            yield


async def leave_with_an_error() -> None:
    raise KeyError("while leaving")

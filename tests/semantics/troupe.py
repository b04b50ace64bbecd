"""Who appears in the tests of the promises: two agents, their messages, a call."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio

from exeunt import Agent, Request


@attrs.frozen
class Line(Request[str]):
    """What a player is told to say. It can be sent, and it can be asked."""

    text: str
    seconds: float = 0
    error: BaseException | None = None


@attrs.frozen
class LinkedLine(Line, linked=True):
    """The same, but leaving the asker's scope cancels the turn."""


class Player(Agent[Line]):
    """Notes each line as its turn starts, takes its time, and then fails or answers."""

    def __init__(self, said: list[str] | None = None) -> None:
        self.said = [] if said is None else said

    async def handle(self, message: Line) -> str:
        self.said.append(message.text)
        await trio.sleep(message.seconds)
        if message.error is not None:
            raise message.error
        return message.text


class Clumsy(Player):
    """Fails whenever its lifespan is left."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            raise OSError


class Do(Request[Any]):
    """An async function that a doer is to call in its own task."""

    def __init__(
        self, async_fn: Callable[..., Awaitable[object]], *args: object
    ) -> None:
        self.async_fn = async_fn
        self.args = args


class Doer(Agent[Do]):
    """Does what it is told, and answers with what comes of it."""

    async def handle(self, message: Do) -> object:
        return await message.async_fn(*message.args)


async def do_nothing() -> None:
    """Not even a checkpoint."""


async def attempt(async_fn: Callable[..., Awaitable[object]], *args: object) -> object:
    """Call a function and return what it returns, or what it raises."""
    try:
        return await async_fn(*args)
    except Exception as error:
        return error


class Call:
    """A call in the background, and what came of it."""

    def __init__(
        self,
        nursery: trio.Nursery,
        async_fn: Callable[..., Awaitable[object]],
        *args: object,
    ) -> None:
        self.scope = trio.CancelScope()
        self.pending = True
        self.result: Any = None
        nursery.start_soon(self._run, async_fn, args)

    async def _run(
        self, async_fn: Callable[..., Awaitable[object]], args: tuple[object, ...]
    ) -> None:
        with self.scope:
            self.result = await attempt(async_fn, *args)
        self.pending = False

    @property
    def cancelled(self) -> bool:
        """Whether its scope was cancelled before it came back."""
        return self.scope.cancelled_caught

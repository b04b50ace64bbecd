"""A busy agent, and three parts of the program that can be cancelled."""

from collections.abc import AsyncGenerator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Literal

import attrs
import trio

from exeunt import Agent, Handle, Reason, Request, start
from exeunt.exceptions import AgentClosed
from exeunt.testing.sweeping.victims import victim

Victim = Literal["the agent", "its nursery", "the others", "the scenario"]
VICTIMS: tuple[Victim, ...] = (
    "the agent",
    "its nursery",
    "the others",
    "the scenario",
)


@attrs.frozen
class Note:
    number: int


@attrs.frozen
class Question(Request[int]):
    number: int


@attrs.frozen
class Linked(Request[int], linked=True):
    number: int


@attrs.frozen
class Later(Request[int]):
    number: int


Message = Note | Question | Linked | Later


@attrs.define
class Worker(Agent[Message]):
    log: list[str]
    helpers: trio.Nursery | None = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            async with trio.open_nursery() as self.helpers:
                await trio.lowlevel.checkpoint()
                self.log.append("came")
                yield
        finally:
            if self.log:
                await trio.sleep(1)
                self.log.append("left")

    async def handle(self, message: Message) -> int:
        assert self.log == ["came"]
        if isinstance(message, Later):
            assert self.helpers is not None
            self.helpers.start_soon(self._answer, self.context.defer(message))
            return 0
        await trio.lowlevel.checkpoint()
        return message.number

    async def _answer(self, reply: object) -> None:
        await trio.lowlevel.checkpoint()
        reply.send(7)  # type: ignore[attr-defined]


async def busy(who: Victim) -> None:
    """Send, ask and stop, while one of the parts may be cancelled."""

    def may_fall(part: Victim) -> AbstractContextManager[None]:
        return victim() if part == who else nullcontext()

    log: list[str] = []
    try:
        async with trio.open_nursery() as outside:
            with may_fall("its nursery"):
                async with trio.open_nursery() as nursery:
                    worker = await start(nursery, Worker, log, capacity=1)
                    outside.start_soon(talk, worker, may_fall("the others"))
                    with victim(worker) if who == "the agent" else nullcontext():
                        outcome = await worker.wait_closed()
        if who == "the others":
            assert outcome.reason is Reason.STOPPED
    finally:
        assert log in ([], ["came", "left"])


async def talk(worker: Handle[Message], mark: AbstractContextManager[None]) -> None:
    with mark:
        async with trio.open_nursery() as others:
            others.start_soon(tell, worker, 0)
            others.start_soon(tell, worker, 10)
            others.start_soon(question, worker, Question(20))
            others.start_soon(question, worker, Linked(30))
            others.start_soon(question, worker, Later(7))
    await worker.aclose()


async def tell(worker: Handle[Message], first: int) -> None:
    with suppress(AgentClosed):
        for number in range(first, first + 3):
            await worker.send(Note(number))


async def question(worker: Handle[Message], request: Question | Linked | Later) -> None:
    with suppress(AgentClosed):
        assert await worker.ask(request) == request.number

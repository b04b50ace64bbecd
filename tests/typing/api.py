"""What type checkers have to know. This file is checked, never run.

A line that must be refused says so: if it were accepted, the comment that expects the
error would itself be an error, for mypy and for pyright.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import assert_type

import attrs
import trio

from exeunt import (
    Agent,
    Fate,
    Handle,
    Outcome,
    Reason,
    Reply,
    Request,
    State,
    Statistics,
    start,
    start_soon,
)
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock, Refusal
from exeunt.testing import Schedule


@attrs.frozen
class Add:
    number: int


@attrs.frozen
class Total(Request[int]):
    pass


@attrs.frozen
class Search(Request[list[str]], linked=True):
    words: str


@attrs.define
class Counter(Agent[Add | Total | Search]):
    total: int = 0

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield

    async def handle(self, message: Add | Total | Search) -> int | list[str] | None:
        match message:
            case Add(number):
                self.total += number
            case Total():
                return self.total
            case Search():
                reply = self.context.defer(message)
                assert_type(reply, Reply[list[str]])
                reply.send(["found"])
                reply.send(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
                reply.refuse(Refusal())
            case _:
                self.unhandled(message)
        return None


@attrs.define
class Forgetful(Agent[Add | Total]):
    async def handle(self, message: Add | Total) -> None:
        match message:
            case Add():
                pass
            case _:
                # A case is missing, and the checkers say so.
                self.unhandled(message)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Greedy(Agent[Add]):
    def __init__(self, first: int, second: str = "") -> None:
        self.first = first
        self.second = second

    async def handle(self, message: Add) -> None:
        pass


async def starting(nursery: trio.Nursery) -> None:
    counter = await start(nursery, Counter)
    assert_type(counter, Handle[Add | Total | Search])
    assert_type(start_soon(nursery, Counter, 3), Handle[Add | Total | Search])
    assert_type(await start(nursery, Greedy, 1), Handle[Add])
    assert_type(await start(nursery, Greedy, 1, "two", name="greedy"), Handle[Add])
    await start(nursery, Greedy, "one")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
    await start(nursery, Counter, capacity="32")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await start(nursery, int)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def talking(counter: Handle[Add | Total | Search]) -> None:
    await counter.send(Add(1))
    await counter.send(Total())
    counter.send_nowait(Add(1))
    await counter.send("one")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    counter.send_nowait(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert_type(await counter.ask(Total()), int)
    assert_type(await counter.ask(Search("x")), list[str])
    await counter.ask(Add(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def narrowing(counter: Handle[Add | Total | Search]) -> Handle[Add]:
    # Who is to send Adds alone may be given no more than that.
    return counter


def widening(adder: Handle[Add]) -> Handle[Add | Total]:
    return adder  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


async def ending(counter: Handle[Add]) -> None:
    assert_type(counter.stop(), None)
    assert_type(counter.cancel(reason="enough"), None)
    assert_type(await counter.aclose(), None)
    await trio.aclose_forcefully(counter)
    async with counter as same:
        assert_type(same, Handle[Add])
    assert_type(counter.closed, bool)
    assert_type(counter.outcome, Outcome | None)
    outcome = await counter.wait_closed()
    assert_type(outcome, Outcome)
    assert_type(outcome.reason, Reason)
    assert_type(outcome.undelivered, tuple[object, ...])
    assert_type(counter.statistics(), Statistics)
    assert_type(counter.statistics().state, State)


def failing(error: AgentClosed | AgentCrashed | Deadlock) -> None:
    assert_type(error.message, object)
    if isinstance(error, AgentClosed):
        assert_type(error.fate, Fate | None)
    if isinstance(error, Deadlock):
        assert_type(error.ring, tuple[str, ...])


async def _program(number: int) -> str:
    return str(number)


def exploring(schedule: Schedule) -> None:
    assert_type(schedule.run(_program, 1), str)
    schedule.run(_program, "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

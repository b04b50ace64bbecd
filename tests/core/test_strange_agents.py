"""Agents and messages that behave as nobody should: the promises hold all the same."""

import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from unittest.mock import Mock

import attrs
import pytest
import trio

from exeunt import Agent, Handle, Reason, Request, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal, WrongRun
from exeunt.testing import Schedule


class Ask(Request[int]):
    pass


async def lines() -> AsyncGenerator[str]:
    with trio.move_on_after(60):
        while True:
            yield "a line"


@attrs.define(slots=False)
class CarelessAndPlain(Agent[str]):
    """Breaks out of a generator that has a cancel scope open."""

    async def handle(self, message: str) -> None:
        self.lines = lines()
        async for _ in self.lines:
            break
        if message == "crash":
            raise ValueError(message)


@attrs.define(slots=False)
class Careless(CarelessAndPlain):
    """Has something to leave, too."""

    log: list[str]

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.log.append("left")


@pytest.mark.parametrize("message", ["go on", "crash"])
async def test_a_scope_left_open_loses_neither_the_cleanup_nor_the_crash(
    message: str,
) -> None:
    log: list[str] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as nursery:
            careless = await start(nursery, Careless, log)
            await careless.send(message)
            await careless.aclose()
    assert log == ["left"]
    [error] = raised.value.exceptions
    assert isinstance(error, RuntimeError)
    assert isinstance(error.__context__, ValueError) == (message == "crash")
    assert careless.outcome is not None
    assert careless.outcome.reason is Reason.CRASHED
    assert careless.outcome.ledger.settled == careless.outcome.ledger.accepted == 1


async def test_a_scope_left_open_hides_no_crash_where_there_is_no_lifespan() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as nursery:
            careless = await start(nursery, CarelessAndPlain)
            await careless.send("crash")
    [error] = raised.value.exceptions
    assert isinstance(error.__context__, ValueError)
    assert careless.outcome is not None
    assert careless.outcome.ledger.failed == 1


@attrs.define
class Elsewhere(Agent[Ask]):
    """Tries to defer its reply from another thread."""

    async def handle(self, message: Ask) -> int:
        with pytest.raises(WrongRun) as refused:
            await trio.to_thread.run_sync(self.context.defer, message)
        assert refused.value.message is message
        return 7


async def test_a_reply_cannot_be_deferred_from_another_thread() -> None:
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Elsewhere)
        assert await agent.ask(Ask()) == 7
        await agent.aclose()


class Skipped(BaseException):
    """What test frameworks raise to skip, and not an Exception."""


class Unspeakable(Request[int]):
    def __repr__(self) -> str:
        raise Skipped


class Fragile(Agent[Request[int]]):
    async def handle(self, message: Request[int]) -> int:
        raise ValueError


async def test_a_message_without_a_repr_is_accounted_for_like_any_other() -> None:
    ends: list[type[Exception]] = []

    async def ask(agent: Handle[Request[int]], request: Request[int]) -> None:
        try:
            await agent.ask(request)
        except (AgentClosed, AgentCrashed) as error:
            assert error.message is request
            ends.append(type(error))

    async with trio.open_nursery() as askers:
        with pytest.raises(ExceptionGroup) as raised:
            async with trio.open_nursery() as nursery:
                agent = await start(nursery, Fragile)
                askers.start_soon(ask, agent, Unspeakable())
                askers.start_soon(ask, agent, Unspeakable())
    assert [type(error) for error in raised.value.exceptions] == [ValueError]
    assert {AgentCrashed, AgentClosed} == {*ends}
    assert agent.outcome is not None
    assert agent.outcome.ledger.settled == agent.outcome.ledger.accepted == 2


@attrs.define
class Dawdler(Agent[str]):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await trio.sleep(60)

    async def handle(self, message: str) -> None:
        raise ValueError(message)


async def test_a_warning_that_cannot_be_shown_does_not_hide_the_crash(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(*_args: Any, **_options: Any) -> None:
        raise OSError

    monkeypatch.setattr(warnings, "showwarning", show)
    monkeypatch.setattr(warnings, "filters", [])
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as nursery:
            dawdler = await start(nursery, Dawdler)
            await dawdler.send("crash")
    assert [type(error) for error in raised.value.exceptions] == [ValueError]
    assert dawdler.outcome is not None
    assert dawdler.outcome.cleanup_timed_out


class Answering(Agent[Request[int]]):
    async def handle(self, message: Request[int]) -> int:
        return 1


async def test_a_request_may_be_a_mock() -> None:
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Answering)
        assert await agent.ask(Mock(spec=Ask)) == 1
        await agent.aclose()


def test_a_handle_may_be_used_between_two_steps() -> None:
    handles: list[Handle[Request[int]]] = []

    async def program() -> Reason:
        async with trio.open_nursery() as nursery:
            handles.append(await start(nursery, Answering))
            for _ in range(20):
                await trio.lowlevel.checkpoint()
            outcome = await handles[0].wait_closed()
        return outcome.reason

    def cancel() -> None:
        handles[0].cancel()

    schedule = Schedule()
    assert schedule.run(program, before={9: cancel}) is Reason.CANCELLED


@attrs.define
class Fickle(Agent[Ask]):
    """Answers, and then refuses what it has answered."""

    async def handle(self, message: Ask) -> None:
        self.context.defer(message).send(1)
        raise Refusal


async def test_a_refusal_that_nobody_would_hear_is_a_crash() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as nursery:
            fickle = await start(nursery, Fickle)
            async with trio.open_nursery() as askers:
                askers.start_soon(fickle.ask, Ask())
    assert [type(error) for error in raised.value.exceptions] == [Refusal]


async def test_an_agent_from_a_partial_is_called_after_its_class() -> None:
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, partial(Elsewhere))
        assert agent.name == "Elsewhere"
        agent.stop()

"""Asking again: what the laws do not say."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
import pytest
import trio
from trio.testing import MockClock

from exeunt import Backoff
from exeunt.team.models.client import open_client
from exeunt.team.models.errors import Cut, Retryable
from exeunt.team.models.limiting import Limited
from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.retrying import Retrying

PROMPT = Prompt(messages=(Message("user", "hello"),), max_tokens=9)


@attrs.define
class Failing:
    after: float | None = None
    asked: int = 0
    name: str = "failing"

    async def complete(self, prompt: Prompt) -> Answer:
        await trio.lowlevel.checkpoint()
        self.asked += 1
        raise Retryable("not now", after=self.after)

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> Any:
        """Ends before it begins, the first time."""
        self.asked += 1
        inlet, outlet = trio.open_memory_channel[Any](1)
        if self.asked == 2:
            inlet.send_nowait(
                Answer(text="", usage=Usage(1, 0), truncated=False, model="m")
            )
        inlet.close()
        with outlet:
            yield outlet


async def test_a_pause_beyond_the_deadline_is_not_begun(
    autojump_clock: MockClock,
) -> None:
    model = Failing(after=60)
    with trio.fail_after(60), pytest.raises(Retryable) as raised:
        await Retrying(model).complete(PROMPT)
    assert trio.current_time() == 0
    assert model.asked == 1
    (note,) = raised.value.__notes__
    assert note == (
        "The model was not asked again: that would be in 60 s, and the caller's"
        " deadline is in 60 s."
    )


async def test_a_pause_within_the_deadline_is(autojump_clock: MockClock) -> None:
    model = Failing(after=19)
    with trio.fail_after(60), pytest.raises(Retryable, match="not now") as raised:
        await Retrying(model).complete(PROMPT)
    assert trio.current_time() == 57
    assert raised.value.__notes__ == ["The model has been asked 4 times."]


async def test_who_is_cancelled_hears_of_no_error() -> None:
    @attrs.define
    class Late(Failing):
        async def complete(self, prompt: Prompt) -> Answer:
            scope.cancel()
            raise Retryable("too late")

    with trio.CancelScope() as scope:
        await Retrying(Late()).complete(PROMPT)
    assert scope.cancelled_caught


async def test_an_answer_that_ends_before_it_begins_is_asked_for_again(
    autojump_clock: MockClock,
) -> None:
    async with Retrying(Failing()).stream(PROMPT) as pieces:
        assert [type(piece) async for piece in pieces] == [Answer]
    with pytest.raises(Cut, match="ended before it began"):
        async with Retrying(Failing(), tries=1).stream(PROMPT):
            raise AssertionError("it has not begun")


async def test_an_error_of_the_block_itself_is_the_blocks() -> None:
    model = Failing(asked=1)
    with pytest.raises(Retryable, match="of the block"):
        async with Retrying(model).stream(PROMPT):
            raise Retryable("of the block")
    assert model.asked == 2


async def test_without_a_seed_the_backoff_draws(autojump_clock: MockClock) -> None:
    draws = iter([0.0, 1.0, 0.5])
    backoff = Backoff(first=8, most=100, jitter=0.5, chance=lambda: next(draws))
    with pytest.raises(Retryable):
        await Retrying(Failing(), tries=4, backoff=backoff).complete(PROMPT)
    assert trio.current_time() == 8 + 8 + 24


def test_it_is_asked_at_least_once() -> None:
    with pytest.raises(ValueError, match="from 1 on"):
        Retrying(Failing(), tries=0)
    assert Retrying(Failing()).name == "failing"


def event(text: str) -> bytes:
    choice = {"delta": {"content": text}, "finish_reason": None if text else "stop"}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


async def test_a_stream_over_http_that_breaks_before_its_first_piece_begins_anew(
    autojump_clock: MockClock,
) -> None:
    asked = 0

    async def broken() -> AsyncGenerator[bytes]:
        yield b": wait\n\n"
        if asked < 3:
            raise httpx2.ReadError("gone")
        yield event("hi") + event("")

    def network(request: httpx2.Request) -> httpx2.Response:
        nonlocal asked
        asked += 1
        kind = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=kind, content=broken())

    transport = httpx2.MockTransport(network)
    async with open_client("http://here/v1", "qwen", transport=transport) as client:
        limited = Limited(client, at_once=1)
        async with Retrying(limited).stream(PROMPT) as pieces:
            assert limited.statistics().running == 1
            first, last = [piece async for piece in pieces]
    assert first == "hi"
    assert isinstance(last, Answer)
    assert asked == 3
    assert limited.statistics().running == 0

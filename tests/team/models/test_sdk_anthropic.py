"""Anthropic's SDK as a model, against a provider on the loopback."""

# ruff: noqa: E402 - what needs the extra is imported behind the check for it.
# ruff: noqa: SIM117 - a block in a block shows what is closed first.

import json
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

anthropic = pytest.importorskip("anthropic")
sys.path.insert(0, str(Path(__file__).parents[1]))

from serving import (
    CUT,
    HANG,
    RESET,
    Dropped,
    Provider,
    Reply,
    Streamed,
    Whole,
    refusal,
    serving,
)

from exeunt.team.models.errors import Busy, Cut, Malformed, Refused, Retryable
from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.sdk_anthropic import AnthropicSDK

SECRET = "sk-ant-must-not-be-seen"
PROMPT = Prompt(
    messages=(Message("system", "Be brief."), Message("user", "Say hello.")),
    max_tokens=9,
    temperature=0.5,
    schema={"type": "object"},
)


def message(text: str, reason: str = "end_turn", **more: Any) -> Whole:
    body = {
        "type": "message",
        "role": "assistant",
        "model": "c-1",
        "content": [{"type": "text", "text": text}],
        "stop_reason": reason,
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 3},
    }
    return Whole(json.dumps(body | more).encode())


def event(kind: str, **data: Any) -> bytes:
    said = json.dumps({"type": kind, **data})
    return f"event: {kind}\ndata: {said}\n\n".encode()


def begun(*texts: str) -> Iterator[bytes]:
    start = {"model": "c-1", "usage": {"input_tokens": 7, "output_tokens": 1}}
    yield event("message_start", message=start)
    yield event("ping")
    for text in texts:
        delta = {"type": "text_delta", "text": text}
        yield event("content_block_delta", index=0, delta=delta)


def events(*texts: str, reason: str = "end_turn") -> Iterator[bytes]:
    yield from begun(*texts)
    delta = {"stop_reason": reason}
    yield event("message_delta", delta=delta, usage={"output_tokens": 3})
    yield event("message_stop")


@asynccontextmanager
async def asking(*replies: Reply) -> AsyncGenerator[tuple[Provider, AnthropicSDK]]:
    async with serving(*replies) as provider:
        url = provider.url.removesuffix("/v1")
        async with anthropic.AsyncAnthropic(api_key=SECRET, base_url=url) as client:
            yield provider, AnthropicSDK(client, "m")
        await provider.until(lambda now: now.open == 0)


async def test_a_whole_answer() -> None:
    async with asking(message("Hello!")) as (provider, model):
        said = await model.complete(PROMPT)
        assert model.name == "m"
    assert said == Answer(
        text="Hello!", usage=Usage(7, 3), truncated=False, model="c-1"
    )
    (heard,) = provider.heard
    assert heard.path == "/v1/messages"
    assert SECRET in str(heard.headers)
    assert heard.body == {
        "model": "m",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 9,
        "temperature": 0.5,
        "output_config": {"format": {"type": "json_schema", "schema": PROMPT.schema}},
    }


async def test_a_stream() -> None:
    async with asking(Streamed(events("Hel", "lo!"))) as (provider, model):
        async with model.stream(PROMPT) as said:
            found = [each async for each in said]
    whole = Answer(text="Hello!", usage=Usage(7, 3), truncated=False, model="c-1")
    assert found == ["Hel", "lo!", whole]
    assert provider.heard[0].body["stream"] is True


async def test_an_answer_that_uses_up_its_tokens_is_truncated() -> None:
    replies = message("He", "max_tokens"), Streamed(events("He", reason="max_tokens"))
    async with asking(*replies) as (_, model):
        assert (await model.complete(PROMPT)).truncated
        async with model.stream(PROMPT) as said:
            *_texts, last = [each async for each in said]
    assert isinstance(last, Answer)
    assert last.truncated


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal(429, retry_after="0.4"), Busy),
        (refusal(529), Retryable),
        (refusal(401, f"Wrong: {SECRET}"), Refused),
        (refusal(404), Refused),
        (message("I cannot.", "refusal"), Refused),
        (Whole(b"{"), Malformed),
        (Whole(b"{}"), Malformed),
        (Dropped(RESET), Retryable),
    ],
)
async def test_an_error_becomes_ours_and_nothing_is_tried_again(
    reply: Reply, kind: type[Exception]
) -> None:
    async with asking(reply, message("again")) as (provider, model):
        with pytest.raises(kind) as raised:
            await model.complete(PROMPT)
        assert len(provider.heard) == 1
        assert (await model.complete(PROMPT)).text == "again"
    assert type(raised.value) is kind
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "reply",
    [
        Streamed(list(begun("Hel")), then=CUT),
        Streamed([*begun("Hel"), event("error", error={"message": "overloaded"})]),
    ],
)
async def test_a_stream_that_breaks_off_is_cut(reply: Streamed) -> None:
    async with asking(reply) as (_, model):
        with pytest.raises(Cut) as raised:
            async with model.stream(PROMPT) as said:
                async for _each in said:
                    pass
    assert raised.value.partial == "Hel"


async def test_a_cancelled_call_leaves_at_once() -> None:
    async with asking(Dropped(HANG), message("Next.")) as (provider, model):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(model.complete, PROMPT)
            await provider.until(lambda now: len(now.heard) == 1)
            nursery.cancel_scope.cancel()
        await provider.until(lambda now: now.open == 0)
        assert provider.left_early == 1
        assert (await model.complete(PROMPT)).text == "Next."


@pytest.mark.parametrize("cancelled", [False, True])
async def test_leaving_a_stream_closes_its_connection(cancelled: bool) -> None:
    replies = Streamed(list(begun("a", "b")), then=HANG), message("Next.")
    async with asking(*replies) as (provider, model):
        with trio.CancelScope() as scope:
            async with model.stream(PROMPT) as said:
                async for _ in said:
                    if not cancelled:
                        break
                    scope.cancel()
        await provider.until(lambda now: now.open == 0)
        assert provider.left_early == 1
        assert (await model.complete(PROMPT)).text == "Next."

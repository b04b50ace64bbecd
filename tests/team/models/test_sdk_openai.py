"""OpenAI's SDK as a model, against a provider on the loopback."""

# ruff: noqa: E402 - what needs the extra is imported behind the check for it.
# ruff: noqa: SIM117 - a block in a block shows what is closed first.

import logging
import sys
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

openai = pytest.importorskip("openai")
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
    answer,
    endless,
    nothing_left,
    piece,
    pieces,
    refusal,
    serving,
)

from exeunt.team.models.errors import Busy, Cut, Malformed, Refused, Retryable
from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.sdk_openai import OpenAISDK

SECRET = "sk-must/not+be=seen"
PROMPT = Prompt(
    messages=(Message("system", "Be brief."), Message("user", "Say hello.")),
    max_tokens=9,
    seed=3,
    schema={"type": "object"},
)


@asynccontextmanager
async def asking(*replies: Reply) -> AsyncGenerator[tuple[Provider, OpenAISDK]]:
    async with serving(*replies) as provider:
        async with openai.AsyncOpenAI(api_key=SECRET, base_url=provider.url) as client:
            yield provider, OpenAISDK(client, "m")
        await provider.until(lambda now: now.open == 0)


async def test_a_whole_answer() -> None:
    async with asking(answer("Hello!")) as (provider, model):
        said = await model.complete(PROMPT)
        assert model.name == "m"
    assert said == Answer(
        text="Hello!", usage=Usage(7, 3), truncated=False, model="m-1"
    )
    (heard,) = provider.heard
    assert heard.path == "/v1/chat/completions"
    assert heard.headers["authorization"] == f"Bearer {SECRET}"
    assert heard.body["max_completion_tokens"] == 9
    assert heard.body["seed"] == 3
    assert heard.body["response_format"]["json_schema"]["schema"] == PROMPT.schema
    assert [each["role"] for each in heard.body["messages"]] == ["system", "user"]


async def test_a_stream() -> None:
    async with asking(Streamed(pieces("Hel", "lo!"))) as (provider, model):
        async with model.stream(PROMPT) as said:
            found = [each async for each in said]
    whole = Answer(text="Hello!", usage=Usage(7, 3), truncated=False, model="m-1")
    assert found == ["Hel", "lo!", whole]
    assert provider.heard[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal(429, retry_after="0.4"), Busy),
        (refusal(429, code="insufficient_quota"), Refused),
        (refusal(408), Retryable),
        (refusal(409), Retryable),
        (refusal(500), Retryable),
        (refusal(400), Refused),
        (refusal(401), Refused),
        (refusal(403), Refused),
        (refusal(404), Refused),
        (refusal(422), Refused),
        (Whole(b"{"), Malformed),
        (Whole(b""), Malformed),
        (Dropped(RESET), Retryable),
        (Dropped(CUT), Retryable),
    ],
)
async def test_an_error_becomes_ours_and_nothing_is_tried_again(
    reply: Reply, kind: type[Exception]
) -> None:
    async with asking(reply, answer("again")) as (provider, model):
        with pytest.raises(kind) as raised:
            await model.complete(PROMPT)
        assert len(provider.heard) == 1
        assert (await model.complete(PROMPT)).text == "again"
    assert type(raised.value) is kind
    if isinstance(raised.value, Busy):
        assert raised.value.after == 0.4


@pytest.mark.parametrize("then", [CUT, RESET, None])
async def test_a_stream_that_breaks_off_is_cut(then: Any) -> None:
    async with asking(Streamed([piece("Hel")], then=then)) as (_, model):
        with pytest.raises(Cut) as raised:
            async with model.stream(PROMPT) as said:
                async for _each in said:
                    pass
    assert raised.value.partial in ({"Hel", ""} if then is RESET else {"Hel"})


async def test_a_stream_that_does_not_begin_says_so_at_once() -> None:
    async with asking(refusal(429)) as (_, model):
        with pytest.raises(Busy):
            async with model.stream(PROMPT):
                pytest.fail("It began.")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_cancelled_call_leaves_at_once(streamed: bool) -> None:
    async def call(model: OpenAISDK) -> None:
        if not streamed:
            await model.complete(PROMPT)
        async with model.stream(PROMPT):
            pytest.fail("It began.")

    async with asking(Dropped(HANG), answer("Next.")) as (provider, model):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, model)
            await provider.until(lambda now: len(now.heard) == 1)
            nursery.cancel_scope.cancel()
        await provider.until(lambda now: now.open == 0)
        assert provider.left_early == 1
        assert (await model.complete(PROMPT)).text == "Next."


@pytest.mark.parametrize("cancelled", [False, True])
async def test_leaving_a_stream_closes_its_connection(cancelled: bool) -> None:
    async with asking(Streamed(endless()), answer("Next.")) as (provider, model):
        with trio.CancelScope() as scope:
            async with model.stream(PROMPT) as said:
                async for _ in said:
                    if not cancelled:
                        break
                    scope.cancel()
        await provider.until(lambda now: now.open == 0)
        assert provider.left_early == 1
        assert (await model.complete(PROMPT)).text == "Next."


async def test_300_calls_at_a_time_are_answered() -> None:
    seen: list[str] = []

    async def call(model: OpenAISDK) -> None:
        seen.append((await model.complete(PROMPT)).text)

    async with asking(answer("x")) as (_, model), trio.open_nursery() as nursery:
        for _each in range(300):
            nursery.start_soon(call, model)
    assert seen == ["x"] * 300


@pytest.mark.parametrize("status", [401, 500])
async def test_an_echo_of_the_key_is_in_no_error_and_in_no_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with asking(refusal(status, f"Wrong: {SECRET}")) as (_, model):
        with pytest.raises((Refused, Retryable)) as raised:
            await model.complete(PROMPT)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert "Wrong: [key]" in shown
    assert SECRET not in shown


async def test_the_sdks_own_streams_leave_something_behind() -> None:
    # Why the adapter reads them itself; and a proof that the tests would notice.
    with pytest.raises(AssertionError, match="before it had been exhausted"):
        with nothing_left():
            await read_as_the_sdk_does()


async def read_as_the_sdk_does() -> None:
    provider = Provider([Streamed(pieces("a", "b"))])
    async with trio.open_nursery() as nursery:
        await provider.listen(nursery)
        url = provider.url
        async with openai.AsyncOpenAI(api_key=SECRET, base_url=url) as client:
            async for _ in await client.chat.completions.create(
                model="m", messages=[], stream=True
            ):
                pass
        nursery.cancel_scope.cancel()

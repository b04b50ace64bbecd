"""Our own client asks a provider on the loopback for whole answers."""

# ruff: noqa: E402 - what needs the extra is imported behind the check for it.
# ruff: noqa: SIM117 - a block in a block shows what is closed first.

import sys
from pathlib import Path
from typing import Any

import pytest
import trio

httpx2 = pytest.importorskip("httpx2")
sys.path.insert(0, str(Path(__file__).parents[1]))

from serving import (
    CUT,
    HANG,
    RESET,
    Dropped,
    Line,
    Reply,
    Whole,
    answer,
    nothing_left,
    refusal,
    serving,
)

from exeunt.team.models.client import open_client
from exeunt.team.models.errors import (
    Busy,
    Down,
    Malformed,
    ModelError,
    Refused,
    Retryable,
)
from exeunt.team.models.keys import Secret
from exeunt.team.models.model import Answer, Message, Prompt, Usage

PROMPT = Prompt(messages=(Message("user", "Say hello."),), max_tokens=9)
KEY = Secret("sk-0123456789", "the test")


async def complete(*replies: Reply, key: Secret | None = None) -> Answer:
    async with serving(*replies) as provider:
        async with open_client(provider.url, "m", key=key) as model:
            return await model.complete(PROMPT)


async def fail(*replies: Reply, key: Secret | None = None) -> Any:
    """Return the error of a call, after which the client has to be usable."""
    async with serving(*replies, answer("again")) as provider:
        async with open_client(provider.url, "m", key=key) as model:
            with pytest.raises(ModelError) as raised:
                await model.complete(PROMPT)
            assert (await model.complete(PROMPT)).text == "again"
        await provider.until(lambda now: now.open == 0)
    return raised.value


async def test_an_answer_comes_with_its_usage() -> None:
    said = await complete(answer("Hello!"))
    assert said == Answer(
        text="Hello!", usage=Usage(7, 3), truncated=False, model="m-1"
    )


async def test_all_that_a_prompt_says_is_in_the_request() -> None:
    schema = {"type": "object", "properties": {"steps": {}, "answer": {}}}
    prompt = Prompt(
        messages=(Message("system", "Be brief."), Message("user", "Größe?")),
        max_tokens=5,
        temperature=0.8,
        seed=42,
        schema=schema,
    )
    async with serving(answer("{}")) as provider:
        async with open_client(provider.url + "/", "m", key=KEY) as model:
            assert model.name == "m"
            await model.complete(prompt)
    (heard,) = provider.heard
    assert heard.path == "/v1/chat/completions"
    assert heard.headers["authorization"] == "Bearer sk-0123456789"
    assert heard.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Größe?"},
        ],
        "max_tokens": 5,
        "temperature": 0.8,
        "seed": 42,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": True},
        },
    }
    # A model writes the fields in the order in which the schema has them.
    assert heard.raw.index(b'"steps"') < heard.raw.index(b'"answer":{}')


async def test_the_same_prompt_is_the_same_bytes() -> None:
    async with serving(answer("x")) as provider:
        for _ in range(2):
            async with open_client(provider.url, "m") as model:
                await model.complete(PROMPT)
    first, second = provider.heard
    assert first.raw == second.raw
    assert b"seed" not in first.raw
    assert "authorization" not in first.headers


async def test_an_answer_that_uses_up_its_tokens_is_truncated() -> None:
    assert (await complete(answer("He", finish_reason="length"))).truncated


async def test_a_provider_that_does_not_count_is_estimated() -> None:
    said = await complete(answer("x" * 17, usage=None))
    assert said.usage == Usage(7, 5)  # 10 bytes are 3 tokens, and 4 for the message


async def test_an_estimate_counts_bytes() -> None:
    said = await complete(answer("ß" * 10, usage=None))
    assert said.usage == Usage(7, 5)


async def test_an_estimate_never_passes_max_tokens() -> None:
    said = await complete(answer("x" * 1_000, usage=None))
    assert said.usage.completion_tokens == PROMPT.max_tokens


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"retry_after": "0.4"}, 0.4),
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "soon"}, None),
        ({}, None),
        (
            {
                "date": "Wed, 21 Oct 2015 07:28:00 GMT",
                "retry_after": "Wed, 21 Oct 2015 07:28:30 GMT",
            },
            30.0,
        ),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
    ],
)
async def test_a_busy_provider_says_when_to_ask_again(
    headers: dict[str, str], after: float | None
) -> None:
    error = await fail(refusal(429, "slow down", **headers))
    assert type(error) is Busy
    assert error.after == after
    assert 'asked too much (429): ask later. It says: "slow down"' in str(error)


async def test_a_busy_provider_may_be_asked_again() -> None:
    async with serving(refusal(429), refusal(429), answer("Yes.")) as provider:
        async with open_client(provider.url, "m") as model:
            for _ in range(2):
                with pytest.raises(Busy):
                    await model.complete(PROMPT)
            assert (await model.complete(PROMPT)).text == "Yes."
    assert len(provider.heard) == 3  # It tries nothing again on its own.
    assert provider.connections == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
async def test_a_provider_that_fails_may_be_asked_again(status: int) -> None:
    error = await fail(refusal(status, "oops", retry_after="2"))
    assert type(error) is Retryable
    assert error.after == 2
    assert f'failed ({status}): ask again. It says: "oops"' in str(error)


@pytest.mark.parametrize(
    ("status", "blames"),
    [
        (301, "has moved (301): put in its new address"),
        (400, "refuses this prompt (400): ask otherwise"),
        (401, "does not accept <Secret from the test> (401): check the key"),
        (402, "wants to be paid first (402)"),
        (403, "does not let <Secret from the test> use m (403)"),
        (404, "There is no model m at http://127.0.0.1:"),
        (422, "refuses this prompt (422): ask otherwise"),
    ],
)
async def test_a_refusal_says_who_is_to_blame(status: int, blames: str) -> None:
    error = await fail(refusal(status, "for a reason"), key=KEY)
    assert type(error) is Refused
    assert error.status == status
    assert blames in str(error)
    assert 'It says: "for a reason"' in str(error)


async def test_without_a_key_the_error_says_so() -> None:
    assert "does not accept no key (401)" in str(await fail(refusal(401)))


async def test_an_empty_account_is_not_asked_again() -> None:
    error = await fail(refusal(429, "pay", "insufficient_quota"))
    assert type(error) is Refused
    assert "wants to be paid first (429)" in str(error)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b'{"error": "plain"}', "plain"),
        (b'{"message": "flat"}', "flat"),
        (b'{"detail": "fast"}', "fast"),
        (b"<html>\n  bad\n</html>", "<html> bad </html>"),
        (b'{"detail": [1]}', '{"detail": [1]}'),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
async def test_what_a_provider_says_of_an_error_is_quoted(
    said: bytes, says: str
) -> None:
    assert f'It says: "{says}"' in str(await fail(Whole(said, 400)))


async def test_a_provider_may_say_nothing() -> None:
    assert str(await fail(Whole(b"", 500))).endswith("failed (500): ask again.")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"null",
        b'"text"',
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b"<html>Welcome to this hotel's network</html>",
        b"\xff\xfe",
    ],
)
async def test_garbage_is_no_answer(said: bytes) -> None:
    error = await fail(Whole(said))
    assert type(error) is Malformed
    assert error.body == said.decode(errors="replace")[:500]
    assert ("answered nothing" in str(error)) is (not said)


async def test_an_error_that_is_called_a_success_is_one() -> None:
    error = await fail(Whole(b'{"error": {"code": 502, "message": "upstream"}}'))
    assert type(error) is Retryable
    assert "upstream" in str(error)


async def test_a_model_that_declines_refuses() -> None:
    said = b'{"choices": [{"message": {"content": null, "refusal": "I cannot."}}]}'
    assert "declines to answer: I cannot." in str(await fail(Whole(said)))


@pytest.mark.parametrize("text", ["", "half of i"])
async def test_a_filter_refuses(text: str) -> None:
    error = await fail(answer(text, finish_reason="content_filter"))
    assert type(error) is Refused


async def half(line: Line) -> None:
    await line.head(200, {"content-length": "100"})
    await line.raw(b"half")
    CUT(line)


async def no_http(line: Line) -> None:
    await line.raw(b"220 mail.example ESMTP\r\n\r\n")
    CUT(line)


@pytest.mark.parametrize("how", [RESET, CUT, half, no_http])
async def test_a_lost_connection_may_be_tried_again(how: Any) -> None:
    error = await fail(Dropped(how))
    assert type(error) is Retryable
    assert "Nothing can be heard from http://127.0.0.1:" in str(error)


async def test_where_nobody_listens_may_be_asked_again() -> None:
    with trio.socket.socket() as taken:  # bound, so that nobody else listens there
        await taken.bind(("127.0.0.1", 0))
        with nothing_left():
            async with open_client(
                f"http://127.0.0.1:{taken.getsockname()[1]}", "m"
            ) as model:
                with pytest.raises(Down, match="all attempts to connect to"):
                    await model.complete(PROMPT)


@pytest.mark.parametrize(
    "url", ["", "api.openai.com", "ftp://x", "http://", "http://x:port", "x y"]
)
async def test_what_is_no_address_is_not_asked(url: str) -> None:
    with nothing_left(), pytest.raises(ValueError, match="base_url has to be"):
        async with open_client(url, "m"):
            pytest.fail("It opened.")


async def test_a_cancelled_call_leaves_at_once() -> None:
    async with serving(Dropped(HANG), answer("Next.")) as provider:
        async with open_client(provider.url, "m") as model:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(model.complete, PROMPT)
                await provider.until(lambda now: len(now.heard) == 1)
                nursery.cancel_scope.cancel()
            await provider.until(lambda now: now.open == 0)
            assert provider.left_early == 1
            assert (await model.complete(PROMPT)).text == "Next."


async def test_a_call_may_be_cancelled_before_it_begins() -> None:
    async with serving(answer("Next.")) as provider:
        async with open_client(provider.url, "m") as model:
            with trio.CancelScope() as scope:
                scope.cancel()
                await model.complete(PROMPT)
            assert scope.cancelled_caught
            assert (await model.complete(PROMPT)).text == "Next."
    assert len(provider.heard) == 1


async def test_leaving_the_client_closes_its_connections_though_cancelled() -> None:
    async with serving(answer("x")) as provider:
        with trio.CancelScope() as scope:
            async with open_client(provider.url, "m") as model:
                async with trio.open_nursery() as nursery:
                    for _ in range(3):
                        nursery.start_soon(model.complete, PROMPT)
                assert provider.open > 0
                scope.cancel()
        await provider.until(lambda now: now.open == 0)


async def test_300_calls_at_a_time_are_answered() -> None:
    seen: list[str] = []

    async def call(model: Any) -> None:
        seen.append((await model.complete(PROMPT)).text)

    async with serving(answer("x")) as provider:
        async with open_client(provider.url, "m") as model:
            async with trio.open_nursery() as nursery:
                for _ in range(300):
                    nursery.start_soon(call, model)
        await provider.until(lambda now: now.open == 0)
    assert seen == ["x"] * 300


async def test_300_calls_may_be_cancelled() -> None:
    async with serving(Dropped(HANG)) as provider:
        async with open_client(provider.url, "m") as model:
            async with trio.open_nursery() as nursery:
                for _ in range(300):
                    nursery.start_soon(model.complete, PROMPT)
                await provider.until(lambda now: len(now.heard) == 300)
                nursery.cancel_scope.cancel()
            await provider.until(lambda now: now.open == 0)


async def test_a_transport_takes_the_place_of_the_network() -> None:
    async def handle(request: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return httpx2.Response(200, content=answer(request.url.host).body)

    transport = httpx2.MockTransport(handle)
    with nothing_left():
        async with open_client("http://nowhere", "m", transport=transport) as model:
            assert (await model.complete(PROMPT)).text == "nowhere"

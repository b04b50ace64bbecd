"""Our own client asks a provider on the loopback for answers piece by piece."""

# ruff: noqa: E402 - what needs the extra is imported behind the check for it.
# ruff: noqa: SIM117 - a block in a block shows what is closed first.

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import attrs
import pytest
import trio
import trio.testing

httpx2 = pytest.importorskip("httpx2")
sys.path.insert(0, str(Path(__file__).parents[1]))

from serving import (
    CUT,
    HANG,
    RESET,
    Dropped,
    Provider,
    Reply,
    Streamed,
    answer,
    endless,
    event,
    piece,
    pieces,
    refusal,
    serving,
)

from exeunt.team.models.client import open_client
from exeunt.team.models.errors import Busy, Cut, Malformed, Refused
from exeunt.team.models.model import Answer, Message, Model, Prompt, Usage

PROMPT = Prompt(messages=(Message("user", "Say hello."),), max_tokens=9)


async def read(*replies: Reply) -> list[str | Answer]:
    async with serving(*replies) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                found = [each async for each in said]
        await provider.until(lambda now: now.open == 0)
    return found


async def read_until_it_fails(*replies: Reply) -> tuple[list[str | Answer], Exception]:
    """Return what came, and the error behind it; the client has to be usable then."""
    found: list[str | Answer] = []
    async with serving(*replies, answer("again")) as provider:
        async with open_client(provider.url, "m") as model:
            with pytest.raises(Exception) as raised:
                async with model.stream(PROMPT) as said:
                    async for each in said:
                        found.append(each)  # noqa: PERF401 - an error follows
            assert (await model.complete(PROMPT)).text == "again"
        await provider.until(lambda now: now.open == 0)
    return found, raised.value


async def test_pieces_come_and_then_the_whole() -> None:
    assert await read(Streamed(pieces("Hel", "lo", "!"))) == [
        "Hel",
        "lo",
        "!",
        Answer(text="Hello!", usage=Usage(7, 3), truncated=False, model="m-1"),
    ]


async def test_a_stream_asks_for_its_usage() -> None:
    async with serving(Streamed(pieces("x"))) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT):
                pass
    assert provider.heard[0].body["stream"] is True
    assert provider.heard[0].body["stream_options"] == {"include_usage": True}


async def test_usage_that_does_not_come_is_estimated() -> None:
    *_, last = await read(Streamed(pieces("x" * 17, usage=None)))
    assert isinstance(last, Answer)
    assert last.usage == Usage(7, 5)


async def test_a_stream_that_uses_up_its_tokens_is_truncated() -> None:
    *_, last = await read(Streamed(pieces("x", reason="length")))
    assert isinstance(last, Answer)
    assert last.truncated


def bytewise(chunks: Iterable[bytes]) -> Iterable[bytes]:
    return (bytes([byte]) for byte in b"".join(chunks))


LONG = "größer " * 50_000

SHAPES = {
    "each byte by itself": bytewise(pieces("Gr", "öße ", "\U0001f600")),
    "all at once": [b"".join(pieces("Gr", "öße ", "\U0001f600"))],
    "raw UTF-8, cut in a character": [
        b'data: {"choices": [{"delta": {"content": "Gr\xc3',
        b"\xb6" + 'ße \U0001f600"}}]}\n\n'.encode(),
        b"data: [DONE]\n\n",
    ],
    "Windows' line ends": [
        b"".join(pieces("Gr", "öße ", "\U0001f600")).replace(b"\n", b"\r\n")
    ],
    "comments and other fields": chain.from_iterable(
        (b": keep-alive\n\n", b"event: chunk\nid: 7\nretry: 1\n" + each)
        for each in pieces("Gr", "öße ", "\U0001f600")
    ),
    "data on several lines": [
        b'data: {"choices":\n',
        b'data: [{"delta": {"content": "Gr\\u00f6\\u00dfe \\ud83d\\ude00"}}]}\n\n',
        b"data:[DONE]\n\n",
    ],
    "no [DONE]": [piece("Größe \U0001f600"), piece(None, "stop")],
    "no reason, but [DONE]": [piece("Größe \U0001f600"), b"data: [DONE]\n\n"],
    "events that say nothing": [
        event({"choices": [{"delta": {"role": "assistant", "content": ""}}]}),
        event({"choices": []}),
        event({"object": "ping"}),
        *pieces("Größe \U0001f600"),
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_stream_may_come_in_any_shape(shape: str) -> None:
    *texts, last = await read(Streamed(SHAPES[shape]))
    assert "".join(map(str, texts)) == "Größe \U0001f600"
    assert isinstance(last, Answer)
    assert last.text == "Größe \U0001f600"


async def test_a_line_may_be_huge() -> None:
    text, last = await read(Streamed(pieces(LONG)))
    assert text == LONG
    assert isinstance(last, Answer)


async def test_what_comes_after_the_end_is_not_waited_for() -> None:
    assert len(await read(Streamed(pieces("x"), then=HANG))) == 2


@pytest.mark.parametrize("then", [CUT, RESET, None])
async def test_a_stream_that_breaks_off_is_cut(then: object) -> None:
    found, error = await read_until_it_fails(
        Streamed([piece("Hel"), piece("lo")], then=then)  # type: ignore[arg-type]
    )
    assert isinstance(error, Cut)
    assert "".join(map(str, found)) in {"Hello", "Hel", ""}  # a reset overtakes
    assert error.partial == "".join(map(str, found))
    if then is not RESET:
        assert error.partial == "Hello"
        assert "broke off after 5 characters: the " in str(error)


async def test_a_stream_without_a_byte_is_cut() -> None:
    found, error = await read_until_it_fails(Streamed([]))
    assert isinstance(error, Cut)
    assert (found, error.partial) == ([], "")


async def test_a_provider_may_fail_within_a_stream() -> None:
    oops = event({"error": {"message": "out of memory"}})
    found, error = await read_until_it_fails(Streamed([piece("Hel"), oops]))
    assert isinstance(error, Cut)
    assert (found, error.partial) == (["Hel"], "Hel")
    assert 'the provider failed. It says: "out of memory"' in str(error)


@pytest.mark.parametrize(
    "garbage", [[b"<html>\n\n</html>"], [b"data: {\n\n"], [b'{"choices": []}']]
)
async def test_garbage_is_no_stream(garbage: list[bytes]) -> None:
    found, error = await read_until_it_fails(Streamed(garbage))
    assert isinstance(error, Malformed)
    assert error.body.strip() in garbage[0].decode()
    assert error.body
    assert not found


async def test_a_model_may_decline_in_a_stream() -> None:
    no = event({"choices": [{"delta": {"refusal": "I cannot."}}]})
    _, error = await read_until_it_fails(Streamed([no]))
    assert isinstance(error, Refused)


async def test_a_filter_may_hold_a_stream_back() -> None:
    found, error = await read_until_it_fails(
        Streamed(pieces("half", reason="content_filter"))
    )
    assert isinstance(error, Refused)
    assert found == ["half"]


async def test_a_stream_that_does_not_begin_says_so_at_once() -> None:
    found, error = await read_until_it_fails(refusal(429, retry_after="3"))
    assert isinstance(error, Busy)
    assert (found, error.after) == ([], 3.0)


async def test_leaving_a_stream_closes_its_connection() -> None:
    async with serving(Streamed(endless()), answer("Next.")) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                async for _ in said:
                    break
                await is_left_open(provider)
            await provider.until(lambda now: now.open == 0)
            assert provider.left_early == 1
            assert (await model.complete(PROMPT)).text == "Next."


async def test_behind_the_block_there_are_no_pieces() -> None:
    async with serving(Streamed(endless())) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                await said.receive()
            with pytest.raises(trio.ClosedResourceError):
                await said.receive()


async def is_left_open(provider: Provider) -> None:
    await trio.lowlevel.checkpoint()
    assert provider.open == 1


async def test_an_error_in_the_block_comes_out_alone_and_as_it_was() -> None:
    for error in (ValueError("v"), ExceptionGroup("mine", [KeyError("k")])):
        error.__cause__ = OSError("why")
        async with serving(Streamed(endless())) as provider:
            async with open_client(provider.url, "m") as model:
                with pytest.raises(type(error)) as raised:
                    async with model.stream(PROMPT) as said:
                        await said.receive()
                        raise error
                assert raised.value.args == error.args
                assert raised.value.__cause__ is error.__cause__
                assert "nursery" not in repr(raised.value.__context__)
                await provider.until(lambda now: now.open == 0)


@pytest.mark.parametrize("reading", [False, True])
async def test_a_stream_may_be_cancelled_in_the_middle(reading: bool) -> None:
    reply = Streamed(chain(map(piece, "abc")), then=HANG)
    async with serving(reply, answer("Next.")) as provider:
        async with open_client(provider.url, "m") as model:
            with trio.CancelScope() as scope:
                async with model.stream(PROMPT) as said:
                    assert [await said.receive() for _ in "abc"] == ["a", "b", "c"]
                    if not reading:
                        scope.cancel()
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(said.receive)
                        await trio.testing.wait_all_tasks_blocked()
                        scope.cancel()
            assert scope.cancelled_caught
            await provider.until(lambda now: now.open == 0)
            assert provider.left_early == 1
            assert (await model.complete(PROMPT)).text == "Next."


async def test_a_stream_may_be_cancelled_before_it_begins() -> None:
    async with serving(Dropped(HANG), answer("Next.")) as provider:
        async with open_client(provider.url, "m") as model:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(enter, model)
                await provider.until(lambda now: len(now.heard) == 1)
                nursery.cancel_scope.cancel()
            await provider.until(lambda now: now.open == 0)
            assert (await model.complete(PROMPT)).text == "Next."


async def enter(model: Model) -> None:
    async with model.stream(PROMPT):
        pytest.fail("It began.")


async def test_a_cancelled_wait_for_a_piece_loses_none() -> None:
    async with serving(Streamed(pieces("a", "b"))) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                with trio.CancelScope() as scope:
                    scope.cancel()
                    await said.receive()
                *texts, last = [each async for each in said]
    assert texts == ["a", "b"]
    assert isinstance(last, Answer)


@attrs.define
class Counting:
    """Pieces that count how many of them have been taken."""

    taken: int = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += 1
            yield piece("x" * 10_000)


async def test_a_slow_reader_slows_the_provider_down() -> None:
    counting = Counting()
    async with serving(Streamed(counting)) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                await said.receive()
                # Until the channel is full, and then the network's own buffers.
                await trio.testing.wait_all_tasks_blocked(0.05)
                before = counting.taken
                await trio.testing.wait_all_tasks_blocked(0.05)
                assert counting.taken == before
                for _ in range(before):
                    await said.receive()
                assert counting.taken > before


async def test_a_reader_may_close_its_channel() -> None:
    async with serving(Streamed(endless())) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                await said.receive()
                await said.aclose()
                await provider.until(lambda now: now.open == 0)
                with pytest.raises(trio.ClosedResourceError):
                    await said.receive()


async def test_an_error_may_be_received_twice() -> None:
    async with serving(Streamed([piece("x")])) as provider:
        async with open_client(provider.url, "m") as model:
            async with model.stream(PROMPT) as said:
                assert await said.receive() == "x"
                for _ in range(2):
                    with pytest.raises(Cut):
                        await said.receive()


async def test_streams_run_side_by_side() -> None:
    found: list[int] = []

    async def one(model: Model) -> None:
        async with model.stream(PROMPT) as said:
            found.append(len([each async for each in said]))

    async with serving(Streamed(list(pieces("a", "b")))) as provider:
        async with open_client(provider.url, "m") as model:
            async with trio.open_nursery() as nursery:
                for _ in range(50):
                    nursery.start_soon(one, model)
        await provider.until(lambda now: now.open == 0)
    assert found == [3] * 50

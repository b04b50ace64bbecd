"""Cassettes: what was recorded is replayed, byte for byte, in any order of steps."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import httpx2
import trio
from hypothesis import strategies as st
from laws import law

from exeunt.team.models.cassette import Cassette
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

SSE = "text/event-stream; charset=utf-8"
CHUNKS = st.lists(st.binary(min_size=1, max_size=6) | st.just("é".encode()), max_size=4)


@attrs.frozen
class Reply:
    status: int
    chunks: tuple[bytes, ...]
    streamed: bool
    naps: int  # steps that the provider takes


REPLIES = st.builds(
    Reply,
    status=st.sampled_from((200, 200, 429, 500)),
    chunks=CHUNKS.map(tuple),
    streamed=st.booleans(),
    naps=st.integers(0, 2),
)
# Each number is a prompt, which is asked once for each reply, one after the other.
SHOWS = st.lists(st.lists(REPLIES, min_size=1, max_size=3), min_size=1, max_size=4)
Show = list[list[Reply]]
Heard = dict[int, list[tuple[int, str | None, tuple[bytes, ...]]]]


@attrs.define
class Body(httpx2.AsyncByteStream):
    reply: Reply

    async def __aiter__(self) -> Any:
        for chunk in self.reply.chunks:
            for _ in range(self.reply.naps):
                await trio.lowlevel.checkpoint()
            yield chunk


@attrs.define
class Stage(httpx2.AsyncBaseTransport):
    """The network, where each prompt's replies come in their order."""

    show: Show
    asked: Counter[str] = attrs.field(factory=Counter[str])

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        number = request.headers["x-number"]
        reply = self.show[int(number)][self.asked[number]]
        self.asked[number] += 1
        for _ in range(reply.naps):
            await trio.lowlevel.checkpoint()
        kind = SSE if reply.streamed else "application/json"
        headers = {"content-type": kind, "set-cookie": "private", "retry-after": "2"}
        return httpx2.Response(reply.status, headers=headers, stream=Body(reply))


async def hear(cassette: Cassette, show: Show, host: str) -> Heard:
    """Ask for everything, each prompt in a task of its own."""
    heard: Heard = {number: [] for number in range(len(show))}

    async def ask(client: httpx2.AsyncClient, number: int) -> None:
        for _ in show[number]:
            async with client.stream(
                "POST",
                f"https://{host}/v1/chat",
                json={"seed": number, "model": "m"},
                headers={"x-number": str(number)},
            ) as response:
                chunks = tuple([chunk async for chunk in response.aiter_raw()])
            if response.headers["content-type"] != SSE:
                chunks = (b"".join(chunks),)
            after = response.headers.get("retry-after")
            heard[number].append((response.status_code, after, chunks))

    async with (
        httpx2.AsyncClient(transport=cassette) as client,
        trio.open_nursery() as nursery,
    ):
        for number in range(len(show)):
            nursery.start_soon(ask, client, number)
    return heard


def true_of(show: Show) -> Heard:
    return {
        number: [
            (r.status, "2", r.chunks if r.streamed else (b"".join(r.chunks),))
            for r in replies
        ]
        for number, replies in enumerate(show)
    }


@law(
    "cassettes: byte for byte",
    show=SHOWS,
    recorded=schedules(),
    replayed=schedules(),
)
def test_what_is_replayed_is_what_was_recorded(
    show: Show, recorded: Schedule, replayed: Schedule
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tape.jsonl")
        tape = Cassette(path, "record", inner=Stage(show))
        assert recorded.run(hear, tape, show, "here") == true_of(show)
        assert b"private" not in path.read_bytes()
        heard = replayed.run(hear, Cassette(path, "strict"), show, "there")
        assert heard == true_of(show)


@law("cassettes: a torn tape", show=SHOWS, cut=st.integers(1, 400))
def test_a_torn_tape_is_as_good_as_its_whole_lines(show: Show, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tape.jsonl")
        tape = Cassette(path, "record", inner=Stage(show))
        Schedule().run(hear, tape, show, "here")
        whole = path.read_bytes()
        path.write_bytes(whole[:-cut])
        # A line without its end is whole, if nothing else is missing.
        ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
        lines = sum(end <= len(whole) - cut for end in ends)
        assert len(exchanges(path)) == lines
        tape = Cassette(path, "record", inner=Stage([[show[0][0]]]))
        Schedule().run(hear, tape, [[show[0][0]]], "here")
        assert len(exchanges(path)) == lines + 1
        assert path.read_bytes().count(b"\n") == lines + 1


def exchanges(path: Path) -> list[object]:
    return [each for found in Cassette(path)._left.values() for each in found]

"""A provider on the loopback that fails as it is told to, and sees who leaves.

Each reply says what becomes of one request; the last one is given again and again.
Whoever uses the server is also watched for what it leaves behind: a `ResourceWarning`
of any kind fails the test.
"""

import gc
import json
import socket
import struct
import warnings
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import repeat
from typing import Any, Protocol

import attrs
import h11
import trio


class Gone(Exception):
    """The client has left."""


class HungUp(Exception):
    """The server has."""


@attrs.define
class Line:
    """One connection of a client."""

    stream: trio.SocketStream
    protocol: h11.Connection = attrs.field(factory=lambda: h11.Connection(h11.SERVER))

    async def hear(self) -> h11.Event:
        while True:
            event = self.protocol.next_event()
            if event is h11.NEED_DATA:
                self.protocol.receive_data(await self.stream.receive_some())
            elif isinstance(event, h11.ConnectionClosed):
                raise Gone
            else:
                assert not isinstance(event, type)
                return event

    async def say(self, event: h11.Event) -> None:
        await self.raw(self.protocol.send(event) or b"")

    async def raw(self, said: bytes) -> None:
        await self.stream.send_all(said)

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.say(h11.Response(status_code=status, headers=pairs))

    async def wait_gone(self) -> None:
        while await self.stream.receive_some():
            pass
        raise Gone

    def reset(self) -> None:
        """Be rude: close with RST."""
        linger = struct.pack("ii", 1, 0)
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.stream.socket.close()
        raise HungUp


class Reply(Protocol):
    """What becomes of a request."""

    async def give(self, line: Line) -> None: ...


@attrs.frozen
class Whole:
    """A whole response, said at once."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict)

    async def give(self, line: Line) -> None:
        size = {"content-length": str(len(self.body))}
        await line.head(
            self.status, {"content-type": "application/json"} | size | {**self.headers}
        )
        await line.say(h11.Data(data=self.body))
        await line.say(h11.EndOfMessage())


@attrs.frozen
class Streamed:
    """A stream of chunks, each a packet of its own; *then* says how it ends."""

    chunks: Iterable[bytes]
    then: Callable[[Line], Any] | None = None

    async def give(self, line: Line) -> None:
        await line.head(200, {"content-type": "text/event-stream"})
        for chunk in self.chunks:
            await line.say(h11.Data(data=chunk))
            await trio.lowlevel.checkpoint()
        if self.then is None:
            await line.say(h11.EndOfMessage())
        else:
            await leave(line, self.then)


@attrs.frozen
class Dropped:
    """No response at all: the server hangs, hangs up, resets, or talks no HTTP."""

    how: Callable[[Line], Any]

    async def give(self, line: Line) -> None:
        await leave(line, self.how)


async def leave(line: Line, how: Callable[[Line], Any]) -> None:
    done = how(line)
    if done is not None:
        await done


HANG = Line.wait_gone
RESET = Line.reset


def CUT(line: Line) -> None:  # noqa: N802 - one of three ways to leave
    raise HungUp


def answer(text: str, *, usage: tuple[int, int] | None = (7, 3), **more: Any) -> Whole:
    """Be what OpenAI says when all is well."""
    said = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": said, "finish_reason": "stop"} | more
    return Whole(
        json.dumps({"model": "m-1", "choices": [choice], **counted(usage)}).encode()
    )


def refusal(
    status: int, message: str = "no", code: str | None = None, **headers: str
) -> Whole:
    """Be what OpenAI says when something is wrong."""
    body = {"error": {"message": message, "type": "t", "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Whole(json.dumps(body).encode(), status, named)


def counted(usage: tuple[int, int] | None) -> dict[str, Any]:
    if usage is None:
        return {}
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return {"usage": dict(zip(names, (*usage, sum(usage)), strict=True))}


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def piece(text: str | None, reason: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event({"model": "m-1", "choices": [choice]})


def pieces(
    *texts: str, usage: tuple[int, int] | None = (7, 3), reason: str = "stop"
) -> Iterator[bytes]:
    """Be what OpenAI streams when all is well."""
    yield from map(piece, texts)
    yield piece(None, reason)
    if usage is not None:
        yield event({"model": "m-1", "choices": [], **counted(usage)})
    yield b"data: [DONE]\n\n"


def endless(text: str = "more ") -> Iterator[bytes]:
    return repeat(piece(text))


@attrs.frozen
class Heard:
    """One request, as it arrived."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Provider:
    """The server: what it heard, and who is connected."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self.heard: list[Heard] = []
        self.open = 0
        self.left_early = 0
        self.connections = 0
        self.url = ""
        self._replies = list(replies)
        self._changed = trio.Event()

    async def listen(self, nursery: trio.Nursery) -> None:
        """Serve on a free port of the loopback."""
        serve = partial(trio.serve_tcp, self.serve, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        port = listener.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"

    async def until(self, holds: Callable[["Provider"], bool]) -> None:
        """Wait until something holds of the server."""
        while not holds(self):
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def serve(self, stream: trio.SocketStream) -> None:
        self.open += 1
        self.connections += 1
        self._tell()
        try:
            async with stream:
                line = Line(stream)
                while True:
                    await self._exchange(line)
        except (Gone, HungUp, trio.BrokenResourceError):
            pass
        finally:
            self.open -= 1
            self._tell()

    async def _exchange(self, line: Line) -> None:
        asked = await line.hear()
        assert isinstance(asked, h11.Request)
        body = b""
        while isinstance(data := await line.hear(), h11.Data):
            body += data.data
        headers = {name.decode(): value.decode() for name, value in asked.headers}
        self.heard.append(Heard(asked.target.decode(), headers, body))
        self._tell()
        reply = self._replies[0] if len(self._replies) == 1 else self._replies.pop(0)
        try:
            await reply.give(line)
        except (Gone, trio.BrokenResourceError):
            self.left_early += 1
            raise
        line.protocol.start_next_cycle()


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncGenerator[Provider]:
    """Have a provider that gives these replies, and leave nothing behind."""
    provider = Provider(replies)
    with nothing_left(), trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            await provider.listen(nursery)
            yield provider
            nursery.cancel_scope.cancel()


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail if anything is left for the garbage collector to close."""
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    left = [str(each.message) for each in seen]
    assert not left, left

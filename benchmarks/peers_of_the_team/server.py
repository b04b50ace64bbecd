"""A provider of a model that never comes to an end.

It speaks OpenAI's protocol for chats as far as the probes need it: what is streamed
goes on for ever; who offers a tool has it called once; all others get a short answer.
And it tells who has hung up, and when.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from typing import Any

PAUSE = 0.01  # seconds between two pieces
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


@dataclass
class Provider:
    """What the server knows of its clients.

    Attributes:
        connections: How many are open.
        pieces: How many were sent of each streamed answer.
        left: When the client of each was seen to hang up, by the monotonic clock.
        told: What tools have told the model.

    """

    connections: int = 0
    pieces: list[int] = field(default_factory=list)
    left: list[float | None] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one connection, until its client hangs up."""
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                line, body = await _request(reader)
                if line.startswith("GET"):
                    _respond(writer, asdict(self))
                elif body.get("stream"):
                    return await self._stream(body, reader, writer)
                else:
                    self._listen(body["messages"][-1])
                    _respond(writer, _whole(body))
        self.connections -= 1
        writer.close()
        return None

    def _listen(self, message: Any) -> None:
        if message["role"] == "tool":
            self.told.append(str(message["content"]))

    async def _stream(
        self, body: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        number = len(self.pieces)
        self.pieces.append(0)
        self.left.append(None)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        # Whoever listens to an answer says nothing; so what comes is the end.
        hangs_up = asyncio.create_task(reader.read(1))
        with suppress(ConnectionError):
            while not hangs_up.done():
                self.pieces[number] += 1
                writer.write(_piece(body, f"word{self.pieces[number]} "))
                await writer.drain()
                await asyncio.wait([hangs_up], timeout=PAUSE)
        self.left[number] = time.monotonic()
        self.connections -= 1
        hangs_up.cancel()
        writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *fields = head.strip().split("\r\n")
    length = 0
    for name, _, value in (text.partition(":") for text in fields):
        if name.lower() == "content-length":
            length = int(value)
    return line, json.loads(await reader.readexactly(length) or b"{}")


def _respond(writer: asyncio.StreamWriter, body: Any) -> None:
    text = json.dumps(body).encode()
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        + f"Content-Length: {len(text)}\r\n\r\n".encode()
        + text
    )


def _about(body: Any, kind: str) -> dict[str, Any]:
    model = body.get("model", "endless")
    return {"id": "chat-1", "object": kind, "created": 0, "model": model}


def _whole(body: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "done"}
    reason = "stop"
    if body.get("tools") and body["messages"][-1]["role"] != "tool":
        name = body["tools"][0]["function"]["name"]
        call = {"name": name, "arguments": json.dumps({"text": "it"})}
        calls = [{"id": "call_1", "type": "function", "function": call}]
        message |= {"content": None, "tool_calls": calls}
        reason = "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return _about(body, "chat.completion") | {"choices": [choice], "usage": USAGE}


def _piece(body: Any, text: str) -> bytes:
    delta = {"role": "assistant", "content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    chunk = _about(body, "chat.completion.chunk") | {"choices": [choice]}
    event = f"data: {json.dumps(chunk)}\n\n".encode()
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"


async def _main() -> None:
    server = await asyncio.start_server(Provider().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[int]:
    """Run a provider in a process of its own; the value is its port."""
    with subprocess.Popen(  # noqa: S603 - this file itself
        [sys.executable, __file__], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def seen(port: int) -> Provider:
    """Ask a provider what it has seen; this connection is not counted."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    provider = Provider(**json.load(connection.getresponse()))
    connection.close()
    provider.connections -= 1
    return provider


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())

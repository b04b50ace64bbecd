"""A key-value server: every connection asks one agent, so no lock is needed.

    python kv_server.py [PORT]    serve on 127.0.0.1 until Ctrl-C or SIGTERM
    python kv_server.py --demo    serve a few clients of its own, then leave
    exeunt draw kv_server.py -- --demo    draw who asks what

A client sends one request a line and gets one line back:

    put KEY VALUE  ->  ok            get KEY     ->  value VALUE, or none
    count          ->  count NUMBER  delete KEY  ->  deleted, or none
"""

import signal
import sys
from contextlib import suppress
from functools import partial

import attrs
import trio

from exeunt import Agent, Handle, Request, start

LIMIT = 4096  # bytes in a line
PATIENCE = 10  # seconds in which a client has to take its answers


@attrs.frozen
class Put(Request[None]):
    """Keep this value under this key."""

    key: str
    value: str


@attrs.frozen
class Get(Request[str | None]):
    """What is kept under this key?"""

    key: str


@attrs.frozen
class Delete(Request[bool]):
    """Forget this key; the answer says whether it was there."""

    key: str


@attrs.frozen
class Count(Request[int]):
    """How many keys are there?"""


Message = Put | Get | Delete | Count


@attrs.define
class Store(Agent[Message]):
    """Keeps the values, and alone touches them."""

    values: dict[str, str] = attrs.field(factory=dict[str, str])

    async def handle(self, message: Message) -> str | bool | int | None:
        """Do what is asked, and answer."""
        match message:
            case Put(key, value):
                self.values[key] = value
            case Get(key):
                return self.values.get(key)
            case Delete(key):
                return self.values.pop(key, None) is not None
            case Count():
                return len(self.values)
            case _:
                self.unhandled(message)
        return None


async def answer(store: Handle[Message], line: bytes) -> str:
    """Have the store do what *line* asks, and put the answer into words."""
    if len(line) > LIMIT:
        return f"error: a line has at most {LIMIT} bytes"
    try:
        words = line.decode().strip().split(maxsplit=2)
    except UnicodeDecodeError:
        return "error: a line is UTF-8 text"
    match words:
        case ["put", key, value]:
            await store.ask(Put(key, value))
            return "ok"
        case ["get", key]:
            found = await store.ask(Get(key))
            return "none" if found is None else f"value {found}"
        case ["delete", key]:
            return "deleted" if await store.ask(Delete(key)) else "none"
        case ["count"]:
            return f"count {await store.ask(Count())}"
        case _:
            return "error: write put KEY VALUE, get KEY, delete KEY or count"


def split(text: bytes) -> list[bytes]:
    """Cut into lines, keeping no more of a long one than shows that it is too long."""
    return [line[: LIMIT + 1] for line in text.split(b"\n")]


async def talk(store: Handle[Message], client: trio.SocketStream) -> None:
    """Answer one client, line by line, until it hangs up."""
    rest = b""
    with suppress(trio.BrokenResourceError):  # the client is gone: so be it
        while chunk := await client.receive_some(LIMIT):
            *lines, rest = split(rest + chunk)
            # What has been read is answered, even when the server is leaving; but no
            # client can hold the server by not taking its answers.
            with trio.move_on_after(PATIENCE) as turn:
                turn.shield = True
                for line in lines:
                    await client.send_all(f"{await answer(store, line)}\n".encode())
            if turn.cancelled_caught:
                return


async def serve(
    port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve on *port* until a signal comes; report the port that it is."""
    async with trio.open_nursery() as nursery:
        store = await start(nursery, Store, name="store")
        async with trio.open_nursery() as clients:
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                listen = partial(trio.serve_tcp, host="127.0.0.1")
                [listener] = await clients.start(listen, partial(talk, store), port)
                task_status.started(listener.socket.getsockname()[1])
                await anext(signals)
            print("leaving: no more clients, no more requests")
            clients.cancel_scope.cancel()
        await store.aclose()
    print(store.outcome)


async def visit(port: int, name: str, seen: list[str]) -> None:
    """Be a client of the demonstration, and note what is said."""
    requests = [f"put {name} here", f"get {name}", "jump", f"delete {name}"]
    async with await trio.open_tcp_stream("127.0.0.1", port) as server:
        await server.send_all("".join(f"{line}\n" for line in requests).encode())
        await server.send_eof()
        answers = b"".join([chunk async for chunk in server]).decode().splitlines()
    seen += map("{:12} -> {}".format, requests, answers)


async def demo() -> None:
    """Serve three clients at once, each with a key of its own, then leave."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, 0)
        seen: dict[str, list[str]] = {"ann": [], "bob": [], "cyd": []}
        async with trio.open_nursery() as clients:
            for name, lines in seen.items():
                clients.start_soon(visit, port, name, lines)
        for lines in seen.values():
            print(*lines, sep="\n")
        signal.raise_signal(signal.SIGINT)  # as Ctrl-C does


async def main(port: int) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, port)
        print(f"listening on 127.0.0.1, port {port}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--demo"]:
        trio.run(demo)
    else:
        trio.run(main, int(sys.argv[1]) if sys.argv[1:] else 8765)

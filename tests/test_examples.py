import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Timer
from types import ModuleType

import pytest
import trio

HOUSE = Path(__file__).parent.parent
EXAMPLES = HOUSE / "examples"
WAYS_TO_RUN = {
    "chat_server": ("examples/chat_server.py", "--demo"),
    "crawler": ("examples/crawler.py",),
    "hello": ("examples/hello.py",),
    "kv_server": ("examples/kv_server.py", "--demo"),
    "overdrawn": ("examples/overdrawn.py",),
    "service": ("-m", "exeunt", "service", "examples/service.txt"),
    "trading_day": ("examples/trading_day.py",),
}
HANG = 60  # seconds after which a test that hangs is given up


@pytest.mark.parametrize("name", WAYS_TO_RUN)
def test_each_example_prints_what_is_expected(name: str) -> None:
    done = subprocess.run(
        [sys.executable, *WAYS_TO_RUN[name]],
        cwd=HOUSE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=HANG,
        check=False,
        text=True,
    )

    assert done.stdout == (EXAMPLES / f"{name}.out").read_text()
    assert done.returncode == 0


def test_there_is_no_example_that_is_not_run() -> None:
    files = {path.stem for path in EXAMPLES.iterdir() if path.is_file()}

    assert files == set(WAYS_TO_RUN)


def test_the_readme_shows_the_examples_as_they_are() -> None:
    readme = (HOUSE / "README.md").read_text()
    _, _, hello = (EXAMPLES / "hello.py").read_text().split("\n", 2)

    assert readme.partition("```python\n")[2].startswith(f"{hello}```\n")
    for name in "hello", "service":
        assert f"```text\n{(EXAMPLES / f'{name}.out').read_text()}```" in readme


def test_the_readme_links_to_files_that_are_there() -> None:
    text = (HOUSE / "README.md").read_text()
    links = [link.split("#") for link in re.findall(r"\]\(([^):]+)\)", text)]
    heads = re.findall("^#+ (.*)$", text, re.MULTILINE)
    here = {head.lower().replace(" ", "-") for head in heads}

    assert links
    assert [link for link, *_ in links if not (HOUSE / link).exists()] == []
    assert {place for link, *places in links if not link for place in places} <= here


@pytest.fixture
def kv() -> ModuleType:
    spec = spec_from_file_location("kv_server", EXAMPLES / "kv_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Client:
    """Speaks to the key-value server, line by line."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._rest = b""

    async def send(self, text: bytes) -> None:
        await self.stream.send_all(text)

    async def hear(self) -> str:
        while b"\n" not in self._rest:
            chunk = await self.stream.receive_some()
            assert chunk, "the server has hung up"
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    async def ask(self, text: str) -> str:
        await self.send(f"{text}\n".encode())
        return await self.hear()

    async def hung_up_on(self) -> bool:
        try:
            return await self.stream.receive_some() == b""
        except trio.BrokenResourceError:
            return True


def test_the_server_does_not_keep_an_endless_line(kv: ModuleType) -> None:
    fits, endless = b"x" * kv.LIMIT, b"y" * 10 * kv.LIMIT

    assert kv.split(fits + b"\n" + endless) == [fits, endless[: kv.LIMIT + 1]]


Connect = Callable[[int], Awaitable[Client]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    with ExitStack() as streams:

        async def connect(port: int) -> Client:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            streams.callback(stream.socket.close)
            return Client(stream)

        yield connect


async def test_clients_share_one_store(
    kv: ModuleType, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    async def be_busy(port: int, name: str) -> None:
        client = await connect(port)
        for number in range(20):
            assert await client.ask(f"put {name} is {number}") == "ok"
            assert await client.ask(f"get {name}") == f"value is {number}"
        assert await client.ask(f"delete {name}") == "deleted"
        assert await client.ask(f"delete {name}") == "none"
        assert await client.ask(f"get {name}") == "none"
        assert await client.ask(f"put {name} 0") == "ok"

    with trio.fail_after(HANG):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(kv.serve, 0)
            async with trio.open_nursery() as clients:
                for name in "abcde":
                    clients.start_soon(be_busy, port, name)
            last = await connect(port)
            assert await last.ask("count") == "count 5"
            signal.raise_signal(signal.SIGINT)

    assert capsys.readouterr().out.endswith(
        "store stopped; 221 accepted: 221 handled\n"
    )


async def test_a_malformed_line_gets_an_error_and_the_client_goes_on(
    kv: ModuleType, connect: Connect
) -> None:
    with trio.fail_after(HANG):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(kv.serve, 0)
            client = await connect(port)
            for line in "", "jump", "put a", "get", "get a b", "count 1", "GET a":
                assert (await client.ask(line)).startswith("error: write put KEY")
            await client.send(b"get \xff\r\n")
            assert await client.hear() == "error: a line is UTF-8 text"
            for piece in b"put a ", b"x" * kv.LIMIT, b"y" * kv.LIMIT, b"\ncou", b"nt\n":
                await client.send(piece)
            assert await client.hear() == "error: a line has at most 4096 bytes"
            assert await client.hear() == "count 0"
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def slow_store(kv: ModuleType, monkeypatch: pytest.MonkeyPatch) -> "Gate":
    gate = Gate()
    handle = kv.Store.handle

    async def handle_at_the_gate(store: object, message: object) -> object:
        gate.reached.set()
        await gate.opened.wait()
        return await handle(store, message)

    monkeypatch.setattr(kv.Store, "handle", handle_at_the_gate)
    return gate


class Gate:
    def __init__(self) -> None:
        self.reached = trio.Event()
        self.opened = trio.Event()


async def test_a_request_in_flight_is_answered_while_the_server_leaves(
    kv: ModuleType,
    connect: Connect,
    slow_store: Gate,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with trio.fail_after(HANG):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(kv.serve, 0)
            idle = await connect(port)
            client = await connect(port)
            await client.send(b"put a 1\nget a\n")
            await slow_store.reached.wait()

            signal.raise_signal(signal.SIGTERM)
            assert await idle.hung_up_on()
            with pytest.raises(OSError, match="all attempts to connect"):
                await connect(port)
            await client.send(b"get a\n")  # too late
            slow_store.opened.set()

            assert await client.hear() == "ok"
            assert await client.hear() == "value 1"
            assert await client.hung_up_on()

    assert capsys.readouterr().out == (
        "leaving: no more clients, no more requests\n"
        "store stopped; 2 accepted: 2 handled\n"
    )


async def test_a_client_cannot_hold_the_server(
    kv: ModuleType,
    connect: Connect,
    slow_store: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kv, "PATIENCE", 0)
    with trio.fail_after(HANG):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(kv.serve, 0)
            client = await connect(port)
            await client.send(b"count\n")
            assert await client.hung_up_on()
            slow_store.opened.set()
            signal.raise_signal(signal.SIGINT)


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_real_server(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "kv_server.py"), "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watchdog = Timer(HANG, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            _, _, port = process.stdout.readline().partition("127.0.0.1, port ")
            with socket.create_connection(("127.0.0.1", int(port)), HANG) as client:
                client.sendall(b"put a 1\n")
                assert client.recv(100) == b"ok\n"
                process.send_signal(how)
                assert client.recv(100) == b""
            assert process.stdout.read().endswith("1 accepted: 1 handled\n")
            assert process.wait() == 0
        finally:
            watchdog.cancel()
            process.kill()

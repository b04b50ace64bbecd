import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Any, Self

import pytest
import trio
from trio.abc import Stream
from trio.testing import MockClock, lockstep_stream_pair

from exeunt import Agent, Handle, open_supervisor, start

EXAMPLES = Path(__file__).parent.parent / "examples"
HANG = 60  # seconds after which a test that hangs is given up

posix = pytest.mark.skipif(
    os.name != "posix" or signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    reason="signals as on POSIX, where programs in the background may ignore SIGINT",
)


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Program:
    """An example that runs, from its first line to its last."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.stdout = process.stdout
        self.first_line = self.stdout.readline()

    def interrupt(self) -> str:
        """Do what Ctrl-C does, and return what it prints from now on."""
        self._process.send_signal(signal.SIGINT)
        rest = self.stdout.read()
        assert self._process.wait() == 0
        return rest


@contextmanager
def running(name: str, *args: str) -> Generator[Program]:
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        watchdog = Timer(HANG, process.kill)
        watchdog.start()
        try:
            yield Program(process)
        finally:
            watchdog.cancel()
            process.kill()


@posix
def test_a_signal_ends_the_crawler_before_it_has_found_all() -> None:
    with running("crawler", "1000") as crawler:
        found = crawler.interrupt()

    assert "not visited\nfrontier stopped; " in found
    assert found.endswith(
        "Exeunt, after SIGINT: 3 agents stopped, nothing undelivered.\n"
    )


async def test_the_crawler_is_polite_to_each_host(autojump_clock: MockClock) -> None:
    crawler, pause = load("crawler"), 5.0
    visits: dict[str, list[float]] = {"ants.example": [], "bees.example": []}

    class Fetcher(Agent[object]):
        async def handle(self, message: object) -> list[str]:
            url: str = getattr(message, "url")  # noqa: B009 - a class of the example
            visits[url.partition("/")[0]].append(trio.current_time())
            links: list[str] = crawler.WEB.get(url, [])
            return links

    began, done = trio.current_time(), trio.Event()
    async with trio.open_nursery() as nursery:
        fetchers = await start(nursery, Fetcher)
        frontier = await start(nursery, crawler.Frontier, fetchers, pause, done)
        await frontier.send(crawler.Want(crawler.START))
        await done.wait()
        await frontier.aclose()
        await fetchers.aclose()

    assert visits == {
        "ants.example": [began, began + pause, began + 2 * pause],
        "bees.example": [began + number * pause for number in range(4)],
    }


@posix
def test_a_signal_ends_the_trading_day() -> None:
    with running("trading_day", "--live") as day:
        assert day.stdout.readline() == "09:00:00  everybody is there\n"
        rest = day.interrupt()

    assert day.first_line == "09:00:00  the feed is there\n"
    assert [line.split()[0] for line in rest.splitlines()] == [
        "bear",
        "bull",
        "feed",
        "book",
        "Exeunt,",
    ]
    assert rest.endswith(
        "Exeunt, after SIGINT: 4 agents stopped, nothing undelivered.\n"
    )


@pytest.fixture
def trading(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(logging.getLogger("exeunt"), "handlers", [])
    return load("trading_day")


async def test_orders_that_have_waited_in_vain_for_the_bell_come_back(
    trading: ModuleType, autojump_clock: MockClock
) -> None:
    async with open_supervisor(**trading.RULES) as supervisor, trio.open_nursery() as n:
        n.start_soon(trading.play, supervisor)
        await trio.sleep(trading.OPENING - trading.DAWN - 1)
        supervisor.stop()

    assert supervisor.outcomes[-1].undelivered == (
        trading.Order("bull", 10, 102),
        trading.Order("bull", -10, 102),
    )


async def test_a_smaller_budget_would_not_have_held(
    trading: ModuleType,
    autojump_clock: MockClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        rules: dict[str, Any] = {**trading.RULES, "max_restarts": 5}
        async with open_supervisor(**rules) as supervisor:
            await trading.play(supervisor)

    assert [str(error) for error in caught.value.exceptions[:6]] == ["no line"] * 6
    assert "12:00:31  bull has earned" in capsys.readouterr().out


class Client:
    """Speaks to the chat server from another process, line by line."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), HANG)
        self.lines = self._socket.makefile("rw", newline="\n")
        self.say(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self._socket.close()

    def say(self, line: str) -> None:
        self.lines.write(f"{line}\n")
        self.lines.flush()

    def hear(self) -> str:
        return self.lines.readline().rstrip("\n")


@posix
def test_a_signal_closes_the_chat_and_the_guests_hear_of_it() -> None:
    with running("chat_server", "0") as server:
        _, _, port = server.first_line.partition("127.0.0.1, port ")
        with Client(int(port), "ann") as ann:
            assert ann.hear() == "* ann is here"
            with Client(int(port), "ann") as other:
                assert ann.hear() == other.hear() == "* ann_ is here"
                other.say("hello")
                assert ann.hear() == other.hear() == "ann_: hello"
            assert ann.hear() == "* ann_ has left"
            with socket.create_connection(("127.0.0.1", int(port)), HANG) as nameless:
                ann.say("bye")
                assert ann.hear() == "ann: bye"

                rest = server.interrupt()

                assert nameless.recv(100).endswith(b"* the room is closed: goodbye\n")
            assert ann.hear() == "* the room is closed: goodbye"
            assert ann.hear() == ""

    assert rest.startswith("door stopped; 3 accepted: 3 handled\nroom stopped; ")
    assert rest.endswith(
        "Exeunt, after SIGINT: 2 agents stopped, nothing undelivered.\n"
    )


@asynccontextmanager
async def chat() -> AsyncGenerator[tuple[ModuleType, Handle[Stream]]]:
    server = load("chat_server")
    with trio.fail_after(HANG):
        async with open_supervisor() as supervisor:
            _, door = await server.open_house(supervisor)
            yield server, door


async def test_a_guest_who_takes_no_line_has_to_leave(
    autojump_clock: MockClock,
) -> None:
    async with chat() as (_, door):
        ann, its_end = lockstep_stream_pair()
        await door.send(its_end)
        await ann.send_all(b"ann\n")
        assert await ann.receive_some() == b"* ann is here\n"
        deaf, its_end = lockstep_stream_pair()
        await door.send(its_end)
        await deaf.send_all(b"deaf\n")
        assert await ann.receive_some() == b"* deaf is here\n"
        assert await ann.receive_some() == b"* deaf has left\n"
        await ann.aclose()


async def test_a_guest_may_not_send_an_endless_line() -> None:
    async with chat() as (server, door):
        ann, its_end = lockstep_stream_pair()
        await door.send(its_end)
        await ann.send_all(b"x" * server.LONGEST)
        assert await ann.receive_some() == b""


async def connect(door: Handle[Stream], buffer: int) -> trio.SocketStream:
    """Open a TCP connection in which few bytes can wait for a reader who sleeps."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        port = listener.socket.getsockname()[1]
        guest = await trio.open_tcp_stream("127.0.0.1", port)
        its_end = await listener.accept()
    its_end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    await door.send(its_end)
    return guest


async def test_a_slow_reader_is_told_and_disconnected_over_tcp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with chat() as (server, door):
        monkeypatch.setattr(server, "PATIENCE", HANG)
        monkeypatch.setattr(server, "LONGEST", 100_000)
        async with await connect(door, 4096) as ann, await connect(door, 4096) as slow:
            await ann.send_all(b"ann\n")
            assert await ann.receive_some() == b"* ann is here\n"
            for _ in range(100):
                await ann.send_all(b"x" * 50_000 + b"\n")
                while not (await ann.receive_some()).endswith(b"\n"):
                    pass
            last = b"".join([chunk async for chunk in slow]).splitlines()[-1]
    assert last.startswith(b"* you have missed ")
    assert last.endswith(b" lines: goodbye")

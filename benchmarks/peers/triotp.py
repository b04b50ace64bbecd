"""triotp: OTP's gen_server on Trio. This module is the server's own callback module.

Its mailbox is a channel that holds nothing: every send waits until it is received.
"""

# mypy: disable-error-code="import-not-found, import-untyped, misc, unused-ignore"

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio
from trio.testing import wait_all_tasks_blocked
from triotp import application, gen_server, node

from ..measure import Job, Stopwatch


async def init(_arg: object) -> int:
    return 0


async def handle_cast(message: object, count: int) -> tuple[Any, int]:
    return gen_server.Stop() if message == "stop" else gen_server.NoReply(), count + 1


async def handle_call(_message: object, _caller: object, count: int) -> tuple[Any, int]:
    return gen_server.Reply(count + 1), count + 1


async def tell(nursery: trio.Nursery, count: int) -> None:
    await _start(nursery, "counter")
    for _ in range(count):
        await gen_server.cast("counter", "tell")
    assert await gen_server.call("counter", "ask") == count + 1
    await gen_server.cast("counter", "stop")


async def ask(nursery: trio.Nursery, count: int) -> None:
    await _start(nursery, "counter")
    for _ in range(count):
        answer = await gen_server.call("counter", "ask")
    assert answer == count
    await gen_server.cast("counter", "stop")


async def ask_100(nursery: trio.Nursery, count: int) -> None:
    async def asker() -> None:
        for _ in range(count // 100):
            await gen_server.call("counter", "ask")

    await _start(nursery, "counter")
    async with trio.open_nursery() as askers:
        for _ in range(100):
            askers.start_soon(asker)
    await gen_server.cast("counter", "stop")


async def start_stop(nursery: trio.Nursery, count: int) -> None:
    names = [str(number) for number in range(count)]
    await _start(nursery, *names)
    for name in names:
        await gen_server.cast(name, "stop")


async def _start(nursery: trio.Nursery, *names: str) -> None:
    for name in names:
        nursery.start_soon(gen_server.start, sys.modules[__name__], None, name)
    await wait_all_tasks_blocked()


async def start(main: Callable[[], Awaitable[None]]) -> None:
    """Run *main* as a triotp application; this module is that, too."""
    await main()


def _job(work: Callable[[trio.Nursery, int], Awaitable[None]]) -> Job:
    async def main(count: int, stopwatch: Stopwatch) -> None:
        with stopwatch:
            async with trio.open_nursery() as nursery:
                await work(nursery, count)

    def job(count: int, stopwatch: Stopwatch) -> None:
        app = partial(main, count, stopwatch)
        node.run([application.app_spec(sys.modules[__name__], app, permanent=False)])

    return job


JOBS = {
    "tell": _job(tell),
    "ask": _job(ask),
    "ask-100": _job(ask_100),
    "start-stop": _job(start_stop),
}

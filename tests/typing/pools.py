"""What type checkers have to know of pools. Checked, never run."""

from collections.abc import Hashable
from typing import assert_type

import attrs
import trio

from exeunt import Agent, Backoff, Handle, Pool, Request, open_supervisor, start


@attrs.frozen
class Fetch(Request[bytes]):
    host: str


class Fetcher(Agent[Fetch]):
    def __init__(self, port: int, scheme: str = "http") -> None:
        self.port = port

    async def handle(self, message: Fetch) -> bytes:
        return b""


def host(fetch: Fetch) -> Hashable:
    return fetch.host


def length(word: str) -> int:
    return len(word)


async def pools(nursery: trio.Nursery) -> None:
    pool = Pool(4, Fetcher, 80)
    assert_type(pool, Pool[Fetch])
    assert_type(pool.size, int)
    handle = await start(nursery, pool, name="fetchers", capacity=9)
    assert_type(handle, Handle[Fetch])
    assert_type(await handle.ask(Fetch("a")), bytes)
    keyed = Pool(4, Fetcher, 80, key=host, restart="transient", backoff=Backoff(1, 2))
    assert_type(keyed, Pool[Fetch])
    by_lambda = Pool(4, Fetcher, 80, key=lambda fetch: fetch.host)
    assert_type(by_lambda, Pool[Fetch])
    Pool(4, Fetcher, 80, restart_on=(OSError, ValueError), max_restarts=9, within=60)
    pool.resize(8)
    async with open_supervisor() as supervisor:
        assert_type(await supervisor.start(pool, restart="transient"), Handle[Fetch])


async def refused(handle: Handle[Fetch]) -> None:
    Pool(4, Fetcher)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Pool(4, Fetcher, "80")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Pool("4", Fetcher, 80)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Pool(4, Fetcher, 80, key=length)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    Pool(4, Fetcher, 80, restart="permanent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Pool(4, Fetcher, 80, restart_on=KeyboardInterrupt)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await handle.send("not a Fetch")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

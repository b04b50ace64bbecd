"""The libraries that run worker processes, each behind the same function."""

import os
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import trio

from .work import stay

T = TypeVar("T")
Run = Callable[..., Awaitable[Any]]
"""Calls a function in a worker; cancelling it kills the worker."""

Session = Callable[[], AbstractAsyncContextManager[Run]]


@asynccontextmanager
async def by_trio_parallel() -> AsyncGenerator[Run]:
    library = import_module("trio_parallel")
    async with library.open_worker_context() as context:

        async def run(fn: Callable[..., Any], *args: Any) -> Any:
            return await context.run_sync(fn, *args, kill_on_cancel=True)

        yield run


@asynccontextmanager
async def by_anyio() -> AsyncGenerator[Run]:
    library = import_module("anyio.to_process")

    async def run(fn: Callable[..., Any], *args: Any) -> Any:
        return await library.run_sync(fn, *args, cancellable=True)

    yield run


@asynccontextmanager
async def in_threads() -> AsyncGenerator[Run]:
    yield trio.to_thread.run_sync


CONTENDERS: dict[str, Session] = {"trio-parallel": by_trio_parallel, "anyio": by_anyio}


def run_in(session: Session, job: Callable[[Run], Awaitable[T]]) -> T:
    """Do *job* in a Trio run of its own."""

    async def main() -> T:
        async with session() as run:
            return await job(run)

    return trio.run(main)


@asynccontextmanager
async def busy(run: Run) -> AsyncGenerator[tuple[trio.CancelScope, int]]:
    """Have a worker busy, and yield what cancels it, and its number."""
    with tempfile.TemporaryDirectory() as folder:
        sign = Path(folder, "sign")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run, stay, str(sign))
            yield nursery.cancel_scope, await number_in(trio.Path(sign))


async def number_in(sign: trio.Path) -> int:
    """Wait until another process has put a number into a file."""
    while not (await sign.exists() and await sign.read_text()):  # noqa: ASYNC110
        await trio.sleep(0.005)
    return int(await sign.read_text())


def running(parent: int | None = None, session: int | None = None) -> set[int]:
    """Return the processes of a parent or of a session that have not ended."""
    found = set[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        state, ppid, _, sid = stat.rpartition(")")[2].split()[:4]
        if state != "Z" and (int(ppid) == parent or int(sid) == session):
            found.add(int(folder.name))
    return found


def command(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
    return text.replace("\0", " ").strip()


def workers_of(pid: int = 0) -> list[str]:
    """Return the commands of the processes that this one has started."""
    return sorted(command(child) for child in running(parent=pid or os.getpid()))

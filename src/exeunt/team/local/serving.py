"""Serves a local model for as long as a block lasts."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import IO

import attrs
import trio

from . import store
from .catalogue import Weights
from .errors import CannotServe, ServerDied

__all__ = ["serve"]

_KEPT = 2_000  # bytes of what a server said last
# Threads that spin while they wait are ruinous where cores are shared.
_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}


@asynccontextmanager
async def serve(
    weights: Weights, threads: int | None = None, *, port: int = 0, slots: int = 4
) -> AsyncGenerator[str]:
    """Have a server for these weights while the block runs; then it is gone.

    It is a process of its own, so that nothing in it can take the program along, and it
    speaks OpenAI's chat API to this machine only. If it ends by itself, the block is
    cancelled. Errors of the block come out as they are, not in a group.

    Args:
        weights: What to serve; they have to be here.
        threads: How many it computes with; as many as there are cores if not given.
        port: Where it listens; 0 is any port that is free.
        slots: How many answers it works on at once. Each has room for 2,048 tokens.

    Returns:
        A context manager that gives the base URL, such as ``http://127.0.0.1:8080/v1``.

    Raises:
        CannotServe: the weights or xllamacpp are not here, or no server comes up.
        ServerDied: it ended by itself, while the block ran.

    Example::

        async with serve(MODELS["smollm2-135m"], threads=1) as base_url:
            print(base_url)
    """
    path = store.here(weights)
    if path is None:
        raise CannotServe(
            f"{weights.name} is not here. Fetch it first: exeunt model fetch"
            f" {weights.name}"
        )
    options: dict[str, object] = {"path": str(path), "name": weights.name, "port": port}
    options |= {"threads": threads, "slots": slots}
    async with _process(options) as server:
        url = await server.url()
        async with _beside(server.watch):
            yield url


@asynccontextmanager
async def _beside(watch: Callable[[], Awaitable[object]]) -> AsyncGenerator[None]:
    """Watch while the block runs. To the block there is no nursery, and no group."""
    alone: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            yield
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) != 1:
            raise
        alone = group.exceptions[0]
    if alone is not None:
        raise alone  # out here, so that the group does not become its context


@asynccontextmanager
async def _process(options: dict[str, object]) -> AsyncGenerator["_Server"]:
    with tempfile.TemporaryFile() as log:
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", f"{__package__}.server", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **_ENVIRONMENT},
            start_new_session=True,  # Ctrl-C is for us, and we end it
        )
        assert process.stdin
        assert process.stdout
        try:
            yield _Server(process, process.stdout, log, str(options["name"]))
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
                await process.stdin.aclose()
                await process.stdout.aclose()


@attrs.frozen
class _Server:
    process: trio.Process
    stdout: trio.abc.ReceiveStream
    log: IO[bytes]
    name: str

    async def url(self) -> str:
        """Wait until it listens, and return its base URL."""
        line = b""
        while not line.endswith(b"\n"):
            piece = await self.stdout.receive_some()
            if not piece:
                await self.process.wait()
                raise CannotServe(self._obituary("ended before it could answer"))
            line += piece
        said = json.loads(line)
        if "error" in said:
            raise CannotServe(f"{self.name} cannot be served. {said['error']}")
        return f"{said['url']}/v1"

    async def watch(self) -> None:
        """Wait until it ends, which it should not."""
        await self.process.wait()
        raise ServerDied(self._obituary("ended by itself"))

    def _obituary(self, what: str) -> str:
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - _KEPT))
        said = self.log.read().decode(errors="replace").strip() or "nothing"
        status = self.process.returncode
        return f"The server of {self.name} {what}, status {status}. It said:\n{said}"

"""What all the probes share: counting, listening, and telling what was found."""

import asyncio
import gc
import json
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .server import seen

BUG = "a planted bug"
ENOUGH = 10  # pieces of an answer, before it is left
MANY = 100_000
MESSAGES = 20
TIMES = 5
AT_A_PIECE = "when a piece is heard"
MOMENTS = ("at any time", AT_A_PIECE)
PATIENCE = 1  # seconds in which a server has to see that its client is gone


def say(package: str, probe: str, **found: Any) -> None:
    """Print what a probe has found: one line, as JSON."""
    line = {"framework": called(package), "probe": probe, **found}
    print(json.dumps(line), file=sys.__stdout__, flush=True)


def called(package: str) -> str:
    """Return the name and the version, or the name of what runs from its source."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


@dataclass
class Turns:
    """Counts how many turns of a handler run at the same time."""

    most: int = 0
    ended: list[int] = field(default_factory=list)
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, number: int) -> Iterator[float]:
        """Be a turn; the value is for how many seconds it should wait.

        Earlier messages take longer. So turns that run side by side end in the
        opposite order.
        """
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        yield 0.005 * (MESSAGES - number)
        with self._lock:
            self._running -= 1
            self.ended.append(number)

    def found(self) -> dict[str, Any]:
        """Return what is to be said of it."""
        in_order = self.ended == sorted(self.ended)
        return {"turns": len(self.ended), "at_once": self.most, "in_order": in_order}


class Listener(logging.Handler):
    """Hears who logs the planted bug."""

    def __init__(self) -> None:
        super().__init__()
        self.loggers: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of the logger, if it speaks of the bug."""
        if BUG in logging.Formatter().format(record):
            self.loggers.append(f"{record.name}: {record.levelname}")


@contextmanager
def listening() -> Iterator[list[str]]:
    """Hear which loggers tell of the bug."""
    listener, root = Listener(), logging.getLogger()
    root.addHandler(listener)
    try:
        yield listener.loggers
    finally:
        root.removeHandler(listener)


def finish() -> None:
    """End the program here, whatever still runs in it."""
    logging.shutdown()
    os._exit(0)


async def raised_by(run: Awaitable[Any]) -> str:
    """Return what an awaitable raises, and by what that was caused."""
    try:
        result = await run
    except Exception as error:
        cause = f" from {error.__cause__!r}" if error.__cause__ else ""
        return f"raises {error!r}{cause}"
    return f"returns {str(result)[:200]!r}"


@contextmanager
def warned() -> Iterator[list[str]]:
    """Collect the warnings about what was not closed, also those of the garbage."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        texts: list[str] = []
        yield texts
        gc.collect()
        texts += [
            f"{one.category.__name__}: {one.message}"[:120]
            for one in caught
            if issubclass(one.category, ResourceWarning | RuntimeWarning)
        ]


async def flood(
    put: Callable[[int], Awaitable[Any]], many: int = MANY
) -> dict[str, Any]:
    """Send more and more to somebody who does not get on, until one has to wait."""
    accepted = 0

    async def send_all() -> None:
        nonlocal accepted
        for number in range(many):
            await put(number)
            accepted += 1

    task, before = asyncio.create_task(send_all()), -1
    while not task.done() and accepted != before:
        before = accepted
        await asyncio.wait([task], timeout=1)
    held_back = not task.done()
    task.cancel()
    return {"accepted": accepted, "held_back": held_back}


@dataclass
class Departure:
    """When a client left its answer, and when it had control again."""

    port: int
    threads: int
    pieces: int
    left: float = field(default_factory=time.monotonic)
    back: float = 0

    def found(self) -> dict[str, Any]:
        """Return what the server saw, and what is left of it in this process."""
        provider = seen(self.port)
        gone = provider.left[-1]
        return {
            "back_ms": _ms(self.back - self.left),
            "server_saw_ms": None if gone is None else _ms(gone - self.left),
            "calls": len(provider.left),
            "connections_left": provider.connections,
            "pieces_after": provider.pieces[-1] - self.pieces,
            "threads_left": max(0, threading.active_count() - self.threads),
        }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def enough(port: int) -> bool:
    """Return whether the server has sent enough of an answer."""
    return max(seen(port).pieces, default=0) >= ENOUGH


async def leave(
    port: int,
    run: Awaitable[Any],
    heard: asyncio.Event | None = None,
    cancel: Callable[[], Any] | None = None,
) -> dict[str, Any]:
    """Begin a run on asyncio, and leave it in the middle of its answer.

    That is when the run has *heard* a piece or, without it, at any time.
    """
    before, threads = asyncio.all_tasks(), threading.active_count()
    task = asyncio.ensure_future(run)
    if heard:
        task.add_done_callback(lambda _: heard.set())  # else an error would hang
        await heard.wait()
    while not (heard or task.done()) and not enough(port):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    departure = Departure(port, threads, seen(port).pieces[-1])
    (cancel or task.cancel)()
    await asyncio.wait([task], timeout=PATIENCE)
    departure.back = time.monotonic()
    deadline = departure.back + PATIENCE
    while time.monotonic() < deadline and None in seen(port).left:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    end = _end(task)
    del task, run, cancel  # a traceback would keep all alive that it has seen
    gc.collect()
    await asyncio.sleep(0.1)  # for what the collector has closed
    tasks = asyncio.all_tasks() - before
    return {"run": end, **departure.found(), "tasks_left": len(tasks)}


async def often(
    once: Callable[[bool], Awaitable[dict[str, Any]]], moments: Iterable[str] = MOMENTS
) -> dict[str, Any]:
    """Leave several times at each of the moments, and sum up what was found."""
    return {
        moment: _sum([await once(moment == AT_A_PIECE) for _ in range(TIMES)])
        for moment in moments
    }


def _sum(found: list[dict[str, Any]]) -> dict[str, Any]:
    saw = [one["server_saw_ms"] for one in found if one["server_saw_ms"] is not None]
    return {
        "times": len(found),
        "server_saw": len(saw),
        "saw_ms": max(saw, default=None),
        **{key: max(one[key] for one in found) for key in found[0] if "_ms" not in key},
        "back_ms": max(one["back_ms"] for one in found),
    }


def _end(task: asyncio.Future[Any]) -> str:
    if not task.done():
        return f"not over after {PATIENCE} s"
    if task.cancelled():
        return "raises CancelledError"
    error = task.exception()
    return f"raises {error!r}"[:200] if error else "returns"

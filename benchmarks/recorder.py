"""What it costs that a run can be recorded: ``python -m benchmarks.recorder``.

Ratios of the CPU time for one `Handle.send` to an agent whose handler does nothing. All
sides take turns in one process, in many short chunks, and of each the quickest counts:
on a machine that is shared, whatever disturbs makes a chunk longer, never shorter.
"""

import gc
import inspect
import re
import textwrap
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from itertools import product
from typing import Any

import trio

from exeunt import Agent, start
from exeunt._core import handle, runner
from exeunt.tracing import Recorder

CHUNK = 1_600  # messages: some milliseconds
CHUNKS = 30
ROUNDS = 12

HOOKS = (
    (
        handle.Handle.send,
        r" +journal = life\.journal\n +if journal .*\n +journal\.add.*\n",
    ),
    (runner._attend, r" +if journal is not None:\n +journal\.add.*\n"),
)
"""The lines of the journal that a message passes."""


class Idle(Agent[int]):
    """Does nothing."""

    async def handle(self, message: int) -> None:  # noqa: D102
        pass


@contextmanager
def without_hooks() -> Generator[None]:
    """Cut the lines of the journal out of what a message passes."""
    with ExitStack() as changed:
        for place, lines in HOOKS:
            function: Any = inspect.unwrap(place)
            source = textwrap.dedent(inspect.getsource(function))
            cut, count = re.subn(lines, "", source)
            assert count == 1, f"{function.__qualname__} has changed"
            names: dict[str, Any] = {}
            exec(cut, function.__globals__, names)  # noqa: S102
            changed.callback(setattr, function, "__code__", function.__code__)
            function.__code__ = inspect.unwrap(names[function.__name__]).__code__
        yield


async def quickest(side: Callable[[], Any]) -> float:
    """Return the seconds of the quickest chunk."""
    best = float("inf")
    with side():
        async with trio.open_nursery() as nursery:
            idle = await start(nursery, Idle)
            for _ in range(12_000):  # so that every ring is full
                await idle.send(0)
            for _ in range(CHUNKS):
                begin = time.process_time()
                for _ in range(CHUNK):
                    await idle.send(0)
                best = min(best, time.process_time() - begin)
            idle.stop()
    return best


SIDES: dict[str, Callable[[], Any]] = {
    "without the journal's lines": without_hooks,
    "nobody records": nullcontext,
    "Recorder()": Recorder,
    "Recorder(events=10_000)": partial(Recorder, events=10_000),
    "Recorder(steps=True)": partial(Recorder, steps=True),
}


def main() -> None:
    """Measure, and print."""
    best = dict.fromkeys(SIDES, float("inf"))
    for _, name in product(range(ROUNDS), SIDES):
        gc.collect()
        best[name] = min(best[name], trio.run(quickest, SIDES[name]))
    base, usual, *_ = best.values()
    for name, seconds in best.items():
        print(
            f"{name:<30} {seconds / CHUNK * 1e6:6.2f} us a message, "
            f"{seconds / base:.3f} of the first, {seconds / usual:.3f} of the second"
        )


if __name__ == "__main__":
    main()

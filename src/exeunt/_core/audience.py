"""Who looks on: those that want to know of every agent that begins in this run.

Nobody below the test kit looks; without an audience an agent costs one look-up more.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trio.lowlevel import RunVar

if TYPE_CHECKING:
    from .life import Life

Meet = Callable[["Life"], object]

_audience: RunVar[tuple[Meet, ...]] = RunVar("exeunt audience", ())


@contextmanager
def looking_on(meet: Meet | None = None) -> Generator["list[Life]"]:
    """Collect every life that begins in this Trio run, for the time of the block.

    Or call *meet* with each before it takes its first step.
    """
    seen: list[Life] = []
    member = seen.append if meet is None else meet
    _audience.set((*_audience.get(), member))
    try:
        yield seen
    finally:
        _audience.set(tuple(each for each in _audience.get() if each is not member))


def enter(life: "Life") -> None:
    """Show *life* to whoever looks on."""
    for meet in _audience.get():
        meet(life)

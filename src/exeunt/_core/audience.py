"""Who looks on: those that want to know of every agent that begins in this run.

Nobody below the test kit looks; without an audience an agent costs one look-up more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trio.lowlevel import RunVar

if TYPE_CHECKING:
    from .life import Life

_audience: RunVar["tuple[list[Life], ...]"] = RunVar("exeunt audience", ())


@contextmanager
def looking_on() -> Iterator["list[Life]"]:
    """Collect every life that begins in this Trio run, for the time of the block."""
    seen: list[Life] = []
    before = _audience.get()
    _audience.set((*before, seen))
    try:
        yield seen
    finally:
        _audience.set(tuple(each for each in _audience.get() if each is not seen))


def enter(life: "Life") -> None:
    """Show *life* to whoever looks on."""
    for seen in _audience.get():
        seen.append(life)

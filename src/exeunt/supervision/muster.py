"""Waiting for several agents at once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from .child import Child


class Muster:
    """Waits until each of some agents has been reported."""

    __slots__ = ("_complete", "_missing")

    def __init__(self, children: "Iterable[Child]") -> None:
        self._missing = set(children)
        self._complete = trio.Event()
        self._look()

    def report(self, child: "Child") -> None:
        """Note that this one is there."""
        self._missing.discard(child)
        self._look()

    async def complete(self) -> None:
        """Wait until all are there."""
        await self._complete.wait()

    def _look(self) -> None:
        if not self._missing:
            self._complete.set()


class Idler:
    """Waits until none of some agents has anything to do.

    Looking at all of them whenever one falls asleep would take the square of their
    number. So it remembers one that is busy, and looks again when that one is not.
    """

    __slots__ = ("_children", "_event", "_witness")

    def __init__(self, children: "Iterable[Child]") -> None:
        self._children = children  # a view: those of the moment
        self._event = trio.Event()
        self._witness: Child | None = None
        self.look()

    @property
    def done(self) -> bool:
        """Whether none was busy when it looked last."""
        return self._witness is None

    def look(self) -> None:
        """Find one that is busy."""
        self._witness = next((c for c in self._children if not c.life.idle), None)
        if self._witness is None:
            self._event.set()

    def settled(self, child: "Child") -> None:
        """Look again, if it is the busy one that may have nothing left to do."""
        if child is self._witness:
            self.look()

    async def wait(self) -> None:
        """Wait until none is busy."""
        await self._event.wait()

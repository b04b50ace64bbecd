"""Places in a user's own code at which a test may have an error raised."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from .plan import FailAt

_passing: ContextVar["Passing | None"] = ContextVar("exeunt failpoints", default=None)


@attrs.define(eq=False)
class Passing:
    """Which failpoints are to raise, and how often each was passed."""

    faults: tuple[FailAt, ...]
    passed: list[str] = attrs.field(factory=list[str])
    _times: Counter[str] = attrs.field(factory=Counter[str])

    def by(self, name: str) -> None:
        """Pass one, and raise if it is time to."""
        nth = self._times[name]
        self._times[name] += 1
        self.passed.append(name)
        for fault in self.faults:
            if fault.name == name and fault.nth == nth:
                raise fault.error(f"injected at failpoint {name!r}, passing {nth}")


def failpoint(name: str) -> None:
    """Mark a place at which a test may have an error raised.

    Unless a test does, nothing happens, for the price of one look-up.

    Args:
        name: what a test calls this place.

    Raises:
        Exception: what a `FailAt` of a test says, within `failing` or in an agent
            that was started with such a plan by `faulty`.

    Example::

        def transfer(accounts):
            accounts["alice"] -= 10
            failpoint("half way")
            accounts["bob"] += 10
    """
    passing = _passing.get()
    if passing is not None:
        passing.by(name)


@contextmanager
def failing(*faults: FailAt) -> Generator[list[str]]:
    """Have failpoints raise in this block, and in the tasks that are started there.

    Args:
        faults: which, and when. With none the failpoints are merely noted down.

    Returns:
        The context manager. It gives the names of the failpoints that were passed, in
        their order; the list grows until the block is left.

    Raises:
        TypeError: one of *faults* is no `FailAt`.

    Example::

        with failing(FailAt("half way")) as passed:
            ...
    """
    for fault in faults:
        if not isinstance(fault, FailAt):
            raise TypeError(f"failing takes FailAt('name'), not {fault!r}")
    passing = Passing(faults)
    token = _passing.set(passing)
    try:
        yield passing.passed
    finally:
        _passing.reset(token)


def fail_here(faults: tuple[FailAt, ...]) -> None:
    """Have failpoints raise in the current task, for the rest of its life."""
    _passing.set(Passing(faults))

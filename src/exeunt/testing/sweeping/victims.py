"""Who is cancelled in a sweep, if it is not the whole scenario."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

import attrs
import trio
from trio.lowlevel import RunVar, Task, current_task


class Cancellable(Protocol):
    """What can be cancelled: a scope, the handle of an agent, a supervisor."""

    def cancel(self) -> object:
        """Cancel it."""
        ...


@attrs.define(eq=False)
class Victims:
    """Who could be cancelled now.

    Attributes:
        now: the open blocks, each with what is cancelled and the task whose block it
            is, if the block itself is cancelled.
        ever: whether there has been one.
    """

    now: list[tuple[Cancellable, Task | None]] = attrs.field(
        factory=list[tuple[Cancellable, Task | None]]
    )
    ever: bool = False

    @contextmanager
    def marked(self, what: Cancellable, owner: Task | None) -> Generator[None]:
        """Let *what* be a victim for the time of the block."""
        entry = what, owner
        self.ever = True
        self.now.append(entry)
        try:
            yield
        finally:
            self.now = [each for each in self.now if each is not entry]


victims: RunVar[Victims | None] = RunVar("exeunt victims", None)


@contextmanager
def victim(what: Cancellable | None = None) -> Generator[None]:
    """Mark a block of a scenario as what `sweep_cancellation` cancels.

    Then the sweep cancels this block, wherever the run stands while it is open, and
    not the scenario as a whole; so the scenario can look afterwards at what the
    cancellation has left. Outside of a sweep this does nothing.

    Args:
        what: what to cancel in place of the block: the handle of an agent, a
            supervisor, or a cancel scope.

    Returns:
        A context manager.

    Raises:
        TypeError: *what* cannot be cancelled.
        RuntimeError: called outside of a Trio run.

    Example::

        with victim():
            await pool.use(job)
        assert pool.free == 2
    """
    if what is not None and not callable(getattr(what, "cancel", None)):
        raise TypeError(
            "victim takes what can be cancelled, such as a handle or a cancel scope, "
            f"not {what!r}"
        )
    marks = victims.get()
    if marks is None:
        yield
    elif what is not None:
        with marks.marked(what, None):
            yield
    else:
        with trio.CancelScope() as scope, marks.marked(scope, current_task()):
            yield

"""Where the runtime says what happens, in the instant in which it does.

A journal is given to each agent that begins while one is kept in its run. Without one,
an agent looks twice a message whether there is one, and that is all.

What is said is a raw tuple: what kind of thing, when, whose life, and what else there
is to say. Anything more would cost several times as much, so that typed events are made
by whoever reads (`exeunt.tracing`). The kinds:

=========== ================================== =========================================
kind        and                                that
=========== ================================== =========================================
born        the task that has started it       an agent comes into being, with its task
moved       what has moved it on, its reason,  its life goes on, or ends
            why it was cancelled
struck      why                                it has met a cancellation from outside
leaves                                         it handles nothing more; perhaps repeated
failed      the error, what it was doing       an exception has come out of it
again       how many restarts                  another incarnation begins
accepted    the item, the sender's task        a message goes into the mailbox
lined       the item, the sender's task        it has to wait for room
admitted    the item                           there is room for it now
refused     the item, how, the sender's task   it is not accepted, or not wanted to be
arisen      the item, "timer" or "watch"       it comes from the agent itself
begun       the item                           its turn begins
rests                                          no turn goes on
postponed   the item                           its turn has ended, it is to come again
ended       the item, its fate                 it has met its fate
answered    the ask, the error                 an asker has its answer
left        the ask                            an asker does not wait any more
waits       the task, "start" or "end"         a task waits for the agent
waited      the task                           it does so no more
=========== ================================== =========================================

An item is what lies in a mailbox: a message, or the ask that holds it. A message is
noted when it changes hands, not after somebody's await has returned: the agent may have
handled it by then. That a message that was sent has been handled is not said, to save
a note: the next ``begun`` or ``rests`` of its agent says so. Errors are noted as text,
so that no traceback is kept alive.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from trio.lowlevel import RunVar, Task

if TYPE_CHECKING:
    from trio import Nursery  # noqa: ASYNC106 - likewise

Note = tuple[Any, ...]
"""Its kind, its time, and what it is about."""


class Journal(Protocol):
    """Who wants to hear what happens in a run. Nothing here may raise, or wait."""

    @property
    def add(self) -> Callable[[Note], object]:
        """Take a note."""
        ...

    @property
    def now(self) -> Callable[[], float]:
        """Tell the time, for a note."""
        ...

    def look(self, task: Task) -> None:
        """An agent meets a cancellation: it has come from somewhere around its task."""
        ...

    def opened(self, nursery: "Nursery") -> None:
        """A supervisor has opened its nursery."""
        ...

    def hurried(self, nursery: "Nursery", reason: str | None) -> None:
        """A supervisor has told everybody to leave."""
        ...


_journals: RunVar[tuple[Journal, ...]] = RunVar("exeunt journals", ())


@contextmanager
def kept(journal: Journal) -> Generator[None]:
    """Have *journal* hear of every agent that begins in this run within the block."""
    _journals.set((*_journals.get(), journal))
    try:
        yield
    finally:
        _journals.set(tuple(each for each in _journals.get() if each is not journal))


def journal_here() -> Journal | None:
    """Return the journal that is kept of this run, if there is one."""
    journals = _journals.get()
    if len(journals) < 2:
        return journals[0] if journals else None
    return Several(journals)


class Several:
    """Passes on what it hears to several journals, the oldest first."""

    def __init__(self, journals: tuple[Journal, ...]) -> None:
        self._journals = journals
        self.now: Callable[[], float] = journals[0].now

    def add(self, note: Note) -> None:
        """Have each take a note."""
        for journal in self._journals:
            journal.add(note)

    def look(self, task: Task) -> None:
        """Have each look around."""
        for journal in self._journals:
            journal.look(task)

    def opened(self, nursery: "Nursery") -> None:
        """Tell each of a supervisor."""
        for journal in self._journals:
            journal.opened(nursery)

    def hurried(self, nursery: "Nursery", reason: str | None) -> None:
        """Tell each of its end."""
        for journal in self._journals:
            journal.hurried(nursery, reason)

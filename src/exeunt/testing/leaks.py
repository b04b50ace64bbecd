"""What a run should not leave behind: agents, ends of channels, replies, tasks."""

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from trio.lowlevel import Task, current_root_task, current_task

from .._core.audience import looking_on
from .._core.life import Life
from .._model.lifecycle import State
from .._model.words import shown


class Leaked(Exception):
    """Something of a test is still there after its end.

    Attributes:
        what: what it is, each in a few words.
    """

    what: tuple[str, ...]

    def __init__(self, what: Iterable[str]) -> None:
        self.what = tuple(what)
        super().__init__("still there at the end: " + "; ".join(self.what))


def nothing_leaks() -> AbstractContextManager[None]:
    """Raise `Leaked` if anything that began in the block is still there at its end.

    Looked at are tasks, in whatever nursery they run; and of all agents that began in
    the block: that they have left, that their mailboxes are closed at both ends, that
    no reply is owed, and that no scope of theirs shields anybody any more. If the block
    raises, nothing is looked at.

    Raises:
        Leaked: it says what is there, by name.

    Example::

        with nothing_leaks():
            await transfer_twice()
    """
    return _NothingLeaks()


class _NothingLeaks(AbstractContextManager[None]):
    # No generator: pytest would end a traceback in contextlib.

    def __enter__(self) -> None:
        self._before = {*_tasks()}
        self._stack = ExitStack()
        self._lives = self._stack.enter_context(looking_on())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True  # pytest need not show this
        self._stack.close()
        what = [] if kind else [*self._left()]
        if what:
            for life in self._lives:
                life.scope.shield = False  # or the run might not end, to tell of it
            raise Leaked(what)

    def _left(self) -> Generator[str]:
        for life in self._lives:
            yield from left_of(life)
        known = self._before | {current_task(), *(life.task for life in self._lives)}
        yield from (f"task {task.name!r}" for task in _tasks() if task not in known)


def left_of(life: Life) -> Generator[str]:
    """Say what is still there of an agent, which should have left."""
    name = f"agent {life.name!r}"
    if life.state is not State.CLOSED:
        yield f"{name}, which is {life.state}{' and shielded' * life.scope.shield}"
        return
    channel = life.mailbox.outlet.statistics()
    if channel.open_send_channels:
        yield f"{name} has left, but its mailbox can still be sent to"
    if channel.open_receive_channels:
        yield f"{name} has left, but its mailbox can still be received from"
    for ask in life.deferred or ():
        yield f"{name} has left, but owes the reply to {shown(ask.message)}"


def _tasks() -> Generator[Task]:
    root = current_root_task()
    waiting = [] if root is None else [root]
    while waiting:
        task = waiting.pop()
        yield task
        for nursery in task.child_nurseries:
            waiting += nursery.child_tasks

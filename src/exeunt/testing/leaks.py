"""What a run should not leave behind: agents, ends of channels, replies, tasks."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

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


@contextmanager
def nothing_leaks() -> Generator[None]:
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
    before = {*_tasks()}
    with looking_on() as lives:
        yield
    what = [each for life in lives for each in left_of(life)]
    agents = {life.task for life in lives}
    others = [task for task in _tasks() if task not in before and task not in agents]
    what += [f"task {task.name!r}" for task in others if task is not current_task()]
    if what:
        for life in lives:
            life.scope.shield = False  # or the run might not end, to tell of it
        raise Leaked(what)


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

"""Functions that block, run in threads under the agent's own limiter.

Trio's default limiter is shared by the whole run, so one agent that waits for a slow
disk could use up the threads of all. One thread at a time, too, is what an agent means
everywhere else: its state is touched by one piece of code at once.

The function sees the context variables of the agent's task, as Trio has it. What it
runs by `trio.from_thread.run` runs in that very task, which has nothing else to do, so
there it is the agent that waits: an ask that closes a ring is a `Deadlock`. Where the
thread may be abandoned, Trio runs it in a task of the system's, which is no agent.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import trio

from .._model.words import shown

if TYPE_CHECKING:
    from .life import Life

R = TypeVar("R")


def limiter_of(life: "Life") -> trio.CapacityLimiter:
    """Return the limiter of the agent's threads, which it keeps for life."""
    if life.limiter is None:
        life.limiter = trio.CapacityLimiter(1)
    return life.limiter


async def run_in_thread(
    life: "Life",
    fn: Callable[..., R],
    args: tuple[object, ...],
    abandon_on_cancel: bool,
) -> R:
    """Do what `Context.run_in_thread` promises."""
    life.check_home()
    check_function(fn, "run_in_thread")
    return await trio.to_thread.run_sync(
        fn, *args, abandon_on_cancel=abandon_on_cancel, limiter=limiter_of(life)
    )


def check_function(fn: object, caller: str) -> None:
    """Raise `TypeError` unless *fn* can be called and is not async."""
    if not callable(fn):
        raise TypeError(f"{caller} calls a function, and {shown(fn)} is none")
    if inspect.iscoroutinefunction(fn):
        raise TypeError(
            f"{caller} is for functions that block, and {name_of(fn)} is async: "
            "await it in the handler"
        )


def name_of(fn: object) -> str:
    """Return what an error calls *fn*."""
    return getattr(fn, "__qualname__", None) or shown(fn)

"""Agents come into being in a nursery, together with their task."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import trio
from trio.lowlevel import enable_ki_protection

from ..exceptions import AgentClosed
from .handle import Handle
from .leaving import cancel_and_see_off
from .life import Life
from .mailbox import Mailbox
from .runner import run
from .waiting import Wait

if TYPE_CHECKING:
    from .agent import Agent

M = TypeVar("M")
Ts = TypeVarTuple("Ts")


@enable_ki_protection
async def start(
    nursery: trio.Nursery,
    factory: "Callable[[*Ts], Agent[M]]",
    *args: *Ts,
    name: str | None = None,
    capacity: int = 32,
    cleanup: float = 5.0,
) -> Handle[M]:
    """Start an agent in *nursery* and return its handle when it is ready.

    Ready means that its `Agent.lifespan` has been entered. If that fails, the error
    is raised here, as itself, and not in the nursery. If this wait is cancelled, the
    agent is cancelled and its leaving is awaited. Always a checkpoint.

    Args:
        nursery: where the agent lives; the nursery's block does not end before the
            agent has left, and a crash of the agent is raised there.
        factory: returns a new `Agent`, usually its class. Called with *args* inside
            the agent's task.
        args: the arguments of *factory*. For keywords use `functools.partial`.
        name: what messages, errors and task names call the agent; the name of the
            factory if not given.
        capacity: how many messages the mailbox holds before senders have to wait; 0
            means that a sender waits until the agent takes its message.
        cleanup: how many seconds leaving `Agent.lifespan` may take.

    Returns:
        The handle of the agent.

    Raises:
        AgentClosed: the agent was cancelled before it was ready.
        Exception: whatever *factory* or entering lifespan raised.
        Deadlock: called by an agent which the new agent's lifespan waits for.
        TypeError: an argument is of the wrong kind, *factory* returned no `Agent`, or
            the agent's ``handle`` is not async.
        ValueError: *capacity* or *cleanup* is out of range.
        RuntimeError: the nursery is closed.

    Example::

        async with trio.open_nursery() as nursery:
            service = await start(nursery, Service, name="service")
            await service.aclose()
    """
    life = _begin(nursery, factory, args, name, capacity, cleanup)
    life.starter = wait = Wait(life)
    try:
        await wait.park()
    except BaseException:
        await cancel_and_see_off(life, "its start was cancelled")  # noqa: ASYNC102
        raise
    if life.starter is not wait:  # it was ready, whatever has come of it since
        return life.handle
    if life.error is not None:
        raise life.error
    raise AgentClosed(
        f"agent {life.name!r} was {life.reason} before it was ready", agent=life.name
    )


@enable_ki_protection
def start_soon(
    nursery: trio.Nursery,
    factory: "Callable[[*Ts], Agent[M]]",
    *args: *Ts,
    name: str | None = None,
    capacity: int = 32,
    cleanup: float = 5.0,
) -> Handle[M]:
    """Start an agent in *nursery* and return its handle at once.

    The twin of `start` for code that cannot wait. Messages sent before the agent is
    ready wait in its mailbox; if it never gets ready, they are undelivered, and the
    error is raised in the nursery.

    Args:
        nursery: as for `start`.
        factory: as for `start`.
        args: as for `start`.
        name: as for `start`.
        capacity: as for `start`.
        cleanup: as for `start`.

    Returns:
        The handle of the agent.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: *capacity* or *cleanup* is out of range.
        RuntimeError: the nursery is closed.

    Example::

        log = start_soon(nursery, Log, name="log")
    """
    return _begin(nursery, factory, args, name, capacity, cleanup).handle


def _begin(
    nursery: trio.Nursery,
    factory: Callable[..., "Agent[Any]"],
    args: tuple[object, ...],
    name: str | None,
    capacity: int,
    cleanup: float,
) -> Life:
    _check(nursery, factory, name, capacity, cleanup)
    if name is None:
        maker: object = getattr(factory, "func", factory)  # what is in a partial
        name = str(getattr(maker, "__name__", type(maker).__name__))
    life = Life(name, Mailbox(capacity), cleanup)
    life.handle = Handle(life)
    try:
        nursery.start_soon(run, life, factory, args, name=name)
    except RuntimeError as error:
        raise RuntimeError(
            f"cannot start agent {name!r}: {error}. "
            "Start agents while the nursery's block is running"
        ) from None
    return life


def _check(
    nursery: object, factory: object, name: object, capacity: object, cleanup: object
) -> None:
    if not isinstance(nursery, trio.Nursery):
        raise TypeError(f"an agent starts into a trio.Nursery, not into {nursery!r}")
    if not callable(factory):
        raise TypeError(
            f"the factory {factory!r} is not callable: "
            "give an Agent's class, or a function that returns a new Agent"
        )
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of an agent is a str, not {name!r}")
    if not isinstance(capacity, int) or isinstance(capacity, bool):
        raise TypeError(f"capacity is a number of messages, an int, not {capacity!r}")
    if capacity < 0:
        raise ValueError(f"capacity is 0 or more messages, not {capacity}")
    if not isinstance(cleanup, (int, float)) or isinstance(cleanup, bool):
        raise TypeError(f"cleanup is a number of seconds, not {cleanup!r}")
    if not 0 <= cleanup <= sys.float_info.max:
        raise ValueError(
            f"cleanup is a finite number of seconds, 0 or more, not {cleanup}: "
            "nothing may shield itself from cancellation for ever"
        )

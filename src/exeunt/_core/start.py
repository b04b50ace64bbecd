"""Agents come into being in a nursery, together with their task."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import trio
from trio.lowlevel import enable_ki_protection

from ..exceptions import AgentClosed
from .audience import enter
from .handle import Handle
from .journal import journal_here
from .keeper import Keeper
from .leaving import cancel_and_see_off
from .life import Life
from .mailbox import Mailbox
from .overflow import Overflow
from .runner import run
from .setting import Setting, check_factory, name_of
from .trio_private import task_here
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
    overflow: Overflow = "wait",
    key: Callable[[M], Hashable] | None = None,
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
        overflow: what happens to a message for which there is no room. ``"wait"``: its
            sender waits; ``"refuse"``: the sender gets `MailboxFull`;
            ``"drop_newest"``: it is dropped; ``"drop_oldest"``: the message that has
            waited longest is dropped for it; ``"latest"``: a message drops an older
            one that has the same key, and waits if there is no room for a new key.
        key: for ``"latest"``: returns the key of a message, which is hashable.

    Returns:
        The handle of the agent.

    Raises:
        AgentClosed: the agent was cancelled before it was ready.
        Exception: whatever *factory* or entering lifespan raised.
        Deadlock: called by an agent which the new agent's lifespan waits for.
        TypeError: an argument is of the wrong kind, *factory* returned no `Agent`, or
            the agent's ``handle`` is not async.
        ValueError: *capacity* or *cleanup* is out of range, or there is no such policy
            as *overflow*.
        RuntimeError: the nursery is closed.

    Example::

        async with trio.open_nursery() as nursery:
            service = await start(nursery, Service, name="service")
            await service.aclose()
    """
    _check_nursery(nursery)
    setting = Setting(name, capacity, cleanup, overflow, key)
    handle: Handle[M] = await ready(begin(nursery, factory, args, setting))
    return handle


@enable_ki_protection
def start_soon(
    nursery: trio.Nursery,
    factory: "Callable[[*Ts], Agent[M]]",
    *args: *Ts,
    name: str | None = None,
    capacity: int = 32,
    cleanup: float = 5.0,
    overflow: Overflow = "wait",
    key: Callable[[M], Hashable] | None = None,
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
        overflow: as for `start`.
        key: as for `start`.

    Returns:
        The handle of the agent.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: *capacity* or *cleanup* is out of range, or there is no such policy
            as *overflow*.
        RuntimeError: the nursery is closed.

    Example::

        log = start_soon(nursery, Log, name="log")
    """
    _check_nursery(nursery)
    setting = Setting(name, capacity, cleanup, overflow, key)
    return begin(nursery, factory, args, setting).handle


def begin(
    nursery: trio.Nursery,
    factory: Callable[..., "Agent[Any]"],
    args: tuple[object, ...],
    setting: Setting,
    keeper: Keeper | None = None,
) -> Life:
    """Bring an agent into being, together with its task."""
    check_factory(factory)
    setting.check()
    name = name_of(factory) if setting.name is None else setting.name
    mailbox = (
        Mailbox(setting.capacity) if setting.mailbox is None else setting.mailbox()
    )
    life = Life(name, mailbox, setting.cleanup, type=name_of(factory))
    if setting.overflow != "wait":
        life.mailbox.adopt(setting.overflow, life.drop, setting.key)
    if keeper is not None:
        life.keeper = keeper
        life.scope.shield = True
    life.handle = Handle(life)
    life.pool = setting.pool
    life.journal = journal_here() if life.pool is None else life.pool.journal
    try:
        nursery.start_soon(run, life, factory, args, name=name)
    except RuntimeError as error:
        raise RuntimeError(
            f"cannot start agent {name!r}: {error}. "
            "Start agents while the nursery's block is running"
        ) from None
    life.note("born", task_here())
    enter(life)
    return life


async def ready(life: Life) -> "Handle[Any]":
    """Wait until an agent that was begun is ready, and return its handle."""
    life.starter = wait = Wait(life)
    life.note("waits", task_here(), "start")
    try:
        await wait.park()
    except BaseException:
        await cancel_and_see_off(life, "its start was cancelled")  # noqa: ASYNC102
        raise
    finally:
        life.note("waited", task_here())
    if life.starter is not wait:  # it was ready, whatever has come of it since
        return life.handle
    if life.error is not None:
        raise life.error
    raise AgentClosed(
        f"agent {life.name!r} was {life.reason} before it was ready", agent=life.name
    )


def _check_nursery(nursery: object) -> None:
    if not isinstance(nursery, trio.Nursery):
        raise TypeError(f"an agent starts into a trio.Nursery, not into {nursery!r}")

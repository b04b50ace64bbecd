"""Waiting until an agent has left."""

import trio
from trio.lowlevel import checkpoint

from .._model.lifecycle import State
from .._model.outcome import Outcome
from ..exceptions import Deadlock
from .life import Life
from .trio_private import task_here
from .waiting import Wait


async def cancel_and_see_off(life: Life, reason: str) -> None:
    """Cancel an agent and wait for it even in a cancelled scope, for a bounded time.

    An agent that meets its cancellation is gone within its cleanup. One that does not
    is held by its nursery; no shield of ours shall hold everybody else.
    """
    life.cancel(reason)
    try:
        wait = Wait(life)
    except Deadlock:
        return  # its goodbye waits for us: it leaves when we have gone on
    with trio.CancelScope(shield=True) as patience:
        patience.deadline = trio.current_time() + life.cleanup + 1
        await until_closed(life, wait)


async def until_closed(life: Life, wait: Wait) -> Outcome:
    """Wait for the end, which *wait* has announced, and return the outcome."""
    if life.state is State.CLOSED:
        wait.take_back()
        await checkpoint()
    else:
        life.watch(wait)
        life.note("waits", task_here(), "end")
        try:
            await wait.park()
        finally:
            life.unwatch(wait)
            life.note("waited", task_here())
    return life.outcome

"""Turns that end in unusual ways."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Fate, Handle, Ledger, Reply, Request, start
from exeunt.exceptions import AgentClosed, Deadlock, Refusal, WrongRun


@attrs.frozen
class Do(Request[Any]):
    """What an agent is to call in its turn, with itself and with this request."""

    async_fn: Callable[["Doer", "Do"], Awaitable[object]]


@attrs.frozen
class LinkedDo(Do, linked=True): ...


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn(self, message)


async def do_nothing(doer: Doer, request: Do) -> None: ...


async def never_end(doer: Doer, request: Do) -> None:
    await trio.sleep_forever()


async def swallow_cancellation(doer: Doer, request: Do) -> str:
    with trio.CancelScope() as scope:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            scope.cancel()
            raise
    return "swallowed"


class Asker:
    """Asks in the background, and keeps what came of it."""

    def __init__(self, nursery: trio.Nursery, handle: Handle[Do], do: Do) -> None:
        self.results: list[object] = []
        self.scope = trio.CancelScope()
        nursery.start_soon(self._ask, handle, do)

    async def _ask(self, handle: Handle[Do], do: Do) -> None:
        with self.scope:
            try:
                self.results.append(await handle.ask(do))
            except Exception as error:
                self.results.append(error)

    @property
    def left(self) -> bool:
        return self.scope.cancelled_caught


# --- cancellation that is not obeyed ---


async def test_a_turn_that_swallows_its_cancellation_is_handled(
    nursery: trio.Nursery,
) -> None:
    async def swallow(doer: Doer, request: Do) -> str:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            return "swallowed"

    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, Do(swallow))
    await wait_all_tasks_blocked()
    doer.send_nowait(Do(do_nothing))
    doer.cancel()
    outcome = await doer.wait_closed()
    await wait_all_tasks_blocked()
    assert asker.results == ["swallowed"]
    assert outcome.ledger == Ledger(accepted=2, handled=1, undelivered=1)

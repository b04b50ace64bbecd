"""S18 and S19: what an agent leaves to others, and keeps to itself."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections import Counter
from contextvars import ContextVar

import pytest
import trio
from trio.testing import assert_checkpoints, wait_all_tasks_blocked
from troupe import Do, Doer, Line, Player, do_nothing

from exeunt import Ledger, start


async def test_S18_1_send_checks_for_cancellation_also_when_there_is_room(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    with trio.CancelScope() as scope:
        scope.cancel()
        await player.send(Line("there is room"))
    assert scope.cancelled_caught
    assert player.statistics().ledger.accepted == 0


async def test_S18_2_a_send_that_finds_room_does_not_let_others_run(
    nursery: trio.Nursery,
) -> None:
    ran: list[str] = []

    async def run() -> None:
        ran.append("another task")

    player = await start(nursery, Player)
    nursery.start_soon(run)
    await player.send(Line("there is room"))
    assert ran == []


class Steps(trio.abc.Instrument):
    """Counts how often each task has been let run."""

    def __init__(self) -> None:
        self._count: Counter[trio.lowlevel.Task] = Counter()
        trio.lowlevel.add_instrument(self)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._count[task] += 1

    @property
    def so_far(self) -> int:
        """How often the current task has been let run."""
        return self._count[trio.lowlevel.current_task()]


@pytest.mark.parametrize("capacity", [0, 1, 3])
async def test_S18_3_sending_in_a_row_lets_others_run(
    nursery: trio.Nursery, capacity: int
) -> None:
    steps = Steps()
    rows = [0]
    doer = await start(nursery, Doer, capacity=capacity)
    for _ in range(30):
        before = steps.so_far
        await doer.send(Do(do_nothing))
        if steps.so_far == before:
            rows[-1] += 1
        else:
            rows.append(0)
    assert max(rows) == capacity


async def test_S18_4_an_agent_checks_for_cancellation_before_each_turn() -> None:
    async def cancel_the_nursery() -> None:
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        doer = await start(nursery, Doer)
        doer.send_nowait(Do(cancel_the_nursery))  # a turn without a checkpoint
        doer.send_nowait(Do(do_nothing))
    ledger = doer.statistics().ledger
    assert ledger == Ledger(accepted=2, handled=1, undelivered=1)


@pytest.mark.parametrize("capacity", [0, 1, 3])
async def test_S18_5_an_agent_lets_others_run(
    nursery: trio.Nursery, capacity: int
) -> None:
    steps = Steps()
    turns_in_step: Counter[int] = Counter()

    async def note() -> None:
        turns_in_step[steps.so_far] += 1

    doer = await start(nursery, Doer, capacity=capacity)
    gate = trio.Event()
    await doer.send(Do(gate.wait))
    async with trio.open_nursery() as senders:
        for _ in range(30):  # all of them stand in line
            senders.start_soon(doer.send, Do(note))
        await wait_all_tasks_blocked()
        gate.set()
    await doer.aclose()
    assert sum(turns_in_step.values()) == 30
    assert max(turns_in_step.values()) == max(1, capacity)


async def test_S18_6_what_waits_is_a_checkpoint_even_if_nothing_is_left_to_wait_for(
    nursery: trio.Nursery,
) -> None:
    with assert_checkpoints():
        player = await start(nursery, Player)
    with assert_checkpoints():
        await player.ask(Line("at once"))
    for _ in range(2):  # the second time it has left already
        with assert_checkpoints():
            await player.aclose()
        with assert_checkpoints():
            await player.wait_closed()


async def test_S19_1_context_variables_of_a_sender_do_not_reach_the_turn(
    nursery: trio.Nursery,
) -> None:
    async def look() -> str:
        return user.get()

    user = ContextVar("user", default="nobody")
    user.set("who starts")
    doer = await start(nursery, Doer)
    user.set("who asks")
    assert await doer.ask(Do(look)) == "who starts"

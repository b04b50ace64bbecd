"""What happens more than once is counted more than once, and told by its name."""

from typing import Any

import pytest
import trio
from askers import Asker, Do, Doer, do_nothing, never_end
from trio.testing import wait_all_tasks_blocked

from exeunt import Handle, Ledger, Reason, start
from exeunt._core.keeper import Watcher
from exeunt.exceptions import MessageDropped


async def busy(nursery: trio.Nursery, **options: Any) -> Handle[Do]:
    """Start a doer that is in a turn without an end."""
    doer = await start(nursery, Doer, name="doer", **options)
    await doer.send(Do(never_end))
    await wait_all_tasks_blocked()
    return doer


async def asked(nursery: trio.Nursery, doer: Handle[Do]) -> Asker:
    """Let somebody ask, and wait until the request is where it can get."""
    asker = Asker(nursery, doer, Do(do_nothing))
    await wait_all_tasks_blocked()
    return asker


async def test_each_request_is_counted_whose_asker_left_before_the_agent_did(
    nursery: trio.Nursery,
) -> None:
    doer = await busy(nursery)
    for _ in range(3):
        (await asked(nursery, doer)).scope.cancel()
    await wait_all_tasks_blocked()
    doer.cancel()
    outcome = await doer.wait_closed()
    assert outcome.ledger == Ledger(accepted=4, interrupted=1, abandoned=3)


@pytest.mark.parametrize("leave", [True, False])
async def test_each_request_is_counted_that_is_dropped(
    leave: bool, nursery: trio.Nursery
) -> None:
    doer = await busy(nursery, capacity=1, overflow="drop_oldest")
    askers: list[Asker] = []
    for _ in range(4):
        askers.append(await asked(nursery, doer))
        if leave:
            askers[-1].scope.cancel()
            await wait_all_tasks_blocked()
    gone = {"abandoned": 3} if leave else {"dropped": 3}
    ledger = doer.statistics().ledger
    assert ledger == Ledger(accepted=5, **gone)
    if not leave:
        errors = [error for asker in askers[:3] for error in asker.results]
        assert [type(error) for error in errors] == [MessageDropped] * 3
        assert {error.agent for error in errors} == {"doer"}  # type: ignore[attr-defined]
    doer.cancel()


async def test_an_agent_is_told_by_its_name(nursery: trio.Nursery) -> None:
    doer = await busy(nursery)
    assert doer.statistics().name == doer.name == "doer"
    doer.cancel()
    outcome = await doer.wait_closed()
    assert (outcome.agent, outcome.reason) == ("doer", Reason.CANCELLED)


async def test_a_watcher_that_is_not_remembered_can_be_forgotten(
    nursery: trio.Nursery,
) -> None:
    class Witness:
        told = 0

        def release(self) -> None:
            self.told += 1

    doer = await start(nursery, Doer)
    witness, stranger = Witness(), Witness()
    watchers: list[Watcher] = [witness, stranger]
    doer._life.watch(watchers[0])
    doer._life.unwatch(watchers[1])
    await doer.aclose()
    assert (witness.told, stranger.told) == (1, 0)

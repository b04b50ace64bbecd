"""Law 23: idle returns when nothing is left to do, and in that instant."""

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law
from troupes import Backstage, Deed, Exit, Play, Troupe, in_silence, perform, troupes

from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")


@law(
    "23 quiescence",
    troupe=troupes(
        exits=(Exit.BODY,),
        restarts=("transient",),
        deeds=(Deed.RETURN, Deed.RAISE),
        max_restarts=(50,),
        nested=(0,),
        goodbyes=False,
    ),
    calls=st.lists(st.integers(0, 5), min_size=1, max_size=3),
    schedule=schedules(),
)
def test_idle_returns_in_the_instant_in_which_nothing_is_left_to_do(
    troupe: Troupe, calls: list[int], schedule: Schedule
) -> None:
    async def watched() -> Play:
        async with trio.open_nursery() as watchers:

            def introduce(it: Backstage) -> None:
                for number, at in enumerate(calls):
                    watchers.start_soon(wait_until_idle, it, number, at)

            return await perform(attrs.evolve(troupe, at=60), introduce)

    with in_silence():
        it = schedule.run(watched)
    for number, _ in enumerate(calls):
        check_idle(it, number)


async def wait_until_idle(it: Backstage, number: int, at: int) -> None:
    # After the others of that second, or before: that is drawn too.
    await trio.sleep(1 + at)
    assert it.supervisor is not None
    it.log("waits", number)
    await it.supervisor.idle()
    it.log("is idle", number)


def check_idle(it: Play, number: int) -> None:
    [called], [returned] = (
        it.log.where("waits", number),
        it.log.where("is idle", number),
    )
    assert outstanding(it, returned) == 0
    now = it.log.entries[returned].time
    # No time has gone by since the last thing was done.
    times = {entry.time for entry in it.log.entries[called:returned]} - {now}
    for time in times:
        last = max(
            place for place, e in enumerate(it.log.entries[:returned]) if e.time == time
        )
        assert outstanding(it, last + 1) > 0


def outstanding(it: Play, place: int) -> int:
    """Count what there is to do before the entry at this place."""
    messages, off_stage = set[int | None](), set[int | None]()
    begun = set[int | None]()
    for entry in it.log.entries[:place]:
        match entry.what:
            case "offer":
                messages.add(entry.number)
            case "begin":
                begun.add(entry.number)
            case "end" | "refused":
                messages.discard(entry.number)
            case "gave up" if entry.number not in begun:
                messages.discard(entry.number)
            case "entering" | "leaving":
                off_stage.add(entry.agent)
            case "entered":
                off_stage.remove(entry.agent)
            case _:
                pass
    return len(messages) + len(off_stage)

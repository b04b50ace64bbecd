"""The journal: who hears what, when several listen or none."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Request, open_supervisor, start
from exeunt._core.journal import Several, journal_here, kept


@attrs.define
class Diary:
    """A journal that keeps everything."""

    notes: list[tuple[Any, ...]] = attrs.field(factory=list)
    now: Callable[[], float] = trio.current_time

    def add(self, note: tuple[Any, ...]) -> None:
        self.notes.append(note)

    def look(self, task: trio.lowlevel.Task) -> None:
        self.notes.append(("look", task))

    def opened(self, nursery: trio.Nursery) -> None:
        self.notes.append(("opened", nursery))

    def hurried(self, nursery: trio.Nursery, reason: str | None) -> None:
        self.notes.append(("hurried", nursery, reason))

    @property
    def kinds(self) -> list[str]:
        return [note[0] for note in self.notes]

    def about(self, kind: str) -> list[tuple[Any, ...]]:
        return [note[3:] for note in self.notes if note[0] == kind]


class Get(Request[int], linked=True):
    """A linked request."""


class Ask(Request[int]):
    """An ordinary request."""


class Stubborn(Agent[Any]):
    """Postpones what it is asked, and does not notice that it is cancelled."""

    async def handle(self, message: Any) -> int:
        if isinstance(message, Get):
            self.context.postpone(message)
            with trio.CancelScope(shield=True):
                await trio.sleep(2)
        elif message == "leave":
            self.context.handle.cancel()
        return 1


async def test_nobody_listens() -> None:
    assert journal_here() is None
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Stubborn)
        assert agent._life.journal is None
        await agent.aclose()


async def test_who_listens_hears_of_those_that_begin_meanwhile() -> None:
    diary = Diary()
    async with trio.open_nursery() as nursery:
        before = await start(nursery, Stubborn)
        with kept(diary):
            during = await start(nursery, Stubborn)
        after = await start(nursery, Stubborn)
        for agent in before, during, after:
            await agent.send(1)
            await agent.aclose()
    assert {note[2] for note in diary.notes} == {during._life}
    assert diary.kinds[0] == "born"
    assert diary.kinds.count("accepted") == diary.kinds.count("begun") == 1


async def test_several_hear_the_same_in_the_order_in_which_they_came() -> None:
    first, second, third = Diary(), Diary(), Diary()
    with kept(first), kept(second):
        with kept(third):
            pass
        both = journal_here()
        assert isinstance(both, Several)
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Stubborn)
            assert await agent.ask(Ask()) == 1
            supervisor.cancel("enough")
    assert journal_here() is None
    assert first.notes == second.notes
    assert third.notes == []
    assert {"opened", "hurried", "look", "born", "begun"} <= {*first.kinds}
    assert [note[2] for note in first.notes if note[0] == "hurried"] == ["enough"]


async def test_what_was_handled_before_a_cancel_is_known_to_be(
    autojump_clock: MockClock,
) -> None:
    diary = Diary()
    with kept(diary):
        async with trio.open_nursery() as nursery:
            agent = await start(nursery, Stubborn)
            for message in "leave", "never":
                agent.send_nowait(message)
    left = diary.kinds.index("leaves")
    assert "rests" in diary.kinds[diary.kinds.index("begun") : left]
    assert agent.outcome is not None
    assert agent.outcome.ledger.handled == 1
    assert agent.outcome.undelivered == ("never",)


async def test_a_linked_asker_leaves_when_the_turn_has_ended(
    autojump_clock: MockClock,
) -> None:
    diary = Diary()
    with kept(diary):
        async with trio.open_nursery() as nursery:
            agent = await start(nursery, Stubborn)
            with trio.move_on_after(1) as patience:
                await agent.ask(Get())
            assert patience.cancelled_caught
            await agent.aclose()
    (left,) = (note for note in diary.notes if note[0] == "left")
    assert left[1] == 2
    assert "answered" not in diary.kinds


async def test_who_sends_is_noted_even_after_a_deadline_that_trio_has_not_seen(
    autojump_clock: MockClock,
) -> None:
    diary = Diary()
    with kept(diary):
        async with trio.open_nursery() as nursery:
            agent = await start(nursery, Stubborn)
            await agent.send(1)
            await wait_all_tasks_blocked()
            await agent.aclose()
    ((_, sender),) = diary.about("accepted")
    assert sender is trio.lowlevel.current_task()


async def test_errors_are_noted_as_text() -> None:
    class Crash(Agent[int]):
        async def handle(self, message: int) -> None:
            raise ValueError(message)

    diary = Diary()
    with pytest.raises(ExceptionGroup), kept(diary):
        async with trio.open_nursery() as nursery:
            agent = await start(nursery, Crash)
            await agent.send(5)
            await trio.sleep_forever()
    assert diary.about("failed") == [("ValueError: 5", "handling 5")]
    assert not [x for note in diary.notes for x in note if isinstance(x, Exception)]

"""What a keeper hears of the agent that it keeps, and what is between incarnations."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import attrs
import pytest
import trio
from askers import Asker, Do, Doer, do_nothing
from trio.testing import wait_all_tasks_blocked

from exeunt import Handle, Ledger, Reason, Reply
from exeunt._core import trio_private
from exeunt._core.ending import recall
from exeunt._core.life import Life
from exeunt._core.setting import Setting
from exeunt._core.start import begin, ready


async def nothing() -> None: ...


@attrs.define
class Listener:
    """A keeper that has everything started again, and notes what it hears of whom."""

    heard: list[tuple[str, Life]] = attrs.field(factory=list[tuple[str, Life]])
    waiting: list[int] = attrs.field(factory=list[int])
    failures: list[BaseException] = attrs.field(factory=list[BaseException])

    def may_keep(self, life: Life) -> bool:
        self.heard.append(("may keep", life))
        return True

    def keeps(self, life: Life, failure: BaseException) -> bool:
        self.heard.append(("keeps", life))
        self.failures.append(failure)
        return True

    async def let_in(self, life: Life) -> bool:
        self.heard.append(("let in", life))
        self.waiting.append(life.statistics().waiting)
        await trio.lowlevel.checkpoint()
        return True

    def called_off(self, life: Life) -> None:
        self.heard.append(("called off", life))

    def came_in(self, life: Life) -> None:
        self.heard.append(("came in", life))

    def settled(self, life: Life) -> None:
        self.heard.append(("settled", life))

    def ended(self, life: Life) -> None:
        self.heard.append(("ended", life))

    def news(self, handle: Handle[Any]) -> list[str]:
        """Return what it has heard since it was asked last, of this agent alone."""
        assert all(life is handle._life for _, life in self.heard)
        what = [what for what, _ in self.heard]
        self.heard.clear()
        return what


class Guest(Doer):
    """Does something when it comes, and when it leaves."""

    def __init__(
        self,
        come: Callable[[], Awaitable[object]] = nothing,
        leave: Callable[[Handle[Any]], object] = id,
    ) -> None:
        self.come = come
        self.leave = leave

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await self.come()
        try:
            yield
        finally:
            self.leave(self.context.handle)


class Keep(Protocol):
    """Starts an agent that this keeper keeps."""

    async def __call__(
        self, keeper: Listener, factory: Callable[..., Doer], *args: Any
    ) -> Handle[Do]: ...


@pytest.fixture
async def keep(nursery: trio.Nursery) -> AsyncGenerator[Keep]:
    async def start_kept(
        keeper: Listener, factory: Callable[..., Doer], *args: Any
    ) -> Handle[Do]:
        guests.append(begin(nursery, factory, args, Setting("guest"), keeper))
        return await ready(guests[-1])

    guests: list[Life] = []
    try:
        yield start_kept
    finally:
        for guest in guests:
            guest.cancel(None)  # the nursery cannot: its keeper shields it


async def crash(doer: Doer, request: Do) -> None:
    raise ValueError


async def be_recalled(doer: Doer, request: Do) -> None:
    recall(doer.context._life)


async def test_a_keeper_hears_when_there_may_be_nothing_left_to_do(
    keep: Keep, nursery: trio.Nursery
) -> None:
    async def put_off(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))

    replies: list[Reply[object]] = []
    keeper = Listener()
    guest = await keep(keeper, Doer)
    await wait_all_tasks_blocked()
    assert keeper.news(guest) == ["came in", "settled"]
    asker = Asker(nursery, guest, Do(put_off))
    await wait_all_tasks_blocked()
    assert keeper.news(guest) == ["settled"]
    replies[0].send("at last")
    assert keeper.news(guest) == ["settled"]
    await guest.aclose()
    assert asker.results == ["at last"]
    assert keeper.news(guest) == ["ended"]


async def test_a_busy_agent_lets_its_keeper_look_once_per_capacity(
    keep: Keep,
) -> None:
    keeper = Listener()
    guest = await keep(keeper, Doer)
    await wait_all_tasks_blocked()
    keeper.news(guest)
    for _ in range(32):
        guest.send_nowait(Do(do_nothing))
    await wait_all_tasks_blocked()
    assert keeper.news(guest) == ["settled", "settled"]


async def test_what_is_in_the_hand_at_a_restart_waits_and_comes_first(
    keep: Keep,
) -> None:
    def note(number: int) -> Do:
        async def note_it(doer: Doer, request: Do) -> None:
            seen.append(number)

        return Do(note_it)

    seen: list[int] = []
    keeper = Listener()
    guest = await keep(keeper, Doer)
    for request in Do(be_recalled), note(1), note(2), note(3):
        guest.send_nowait(request)
    await wait_all_tasks_blocked()
    assert keeper.waiting == [3]
    assert seen == [1, 2, 3]
    assert guest._life.lane is None or not guest._life.lane.waiting
    guest.stop()
    assert (await guest.wait_closed()).restarts == 1


async def test_a_restart_makes_no_lane_where_nothing_needs_one(
    keep: Keep,
) -> None:
    guest = await keep(Listener(), Doer)
    guest.send_nowait(Do(crash))
    await wait_all_tasks_blocked()
    assert guest.statistics().restarts == 1
    assert guest._life.lane is None


@pytest.mark.skipif(not trio_private._takes_reason, reason="Trio 0.31 has reasons")
async def test_who_is_cancelled_to_be_started_again_can_read_why(
    keep: Keep,
) -> None:
    async def be_recalled_and_look(doer: Doer, request: Do) -> None:
        await be_recalled(doer, request)
        try:
            await trio.sleep_forever()
        except trio.Cancelled as cancelled:
            told.append(str(cancelled))
            raise

    told: list[str] = []
    guest = await keep(Listener(), Doer)
    guest.send_nowait(Do(be_recalled_and_look))
    await wait_all_tasks_blocked()
    assert len(told) == 1
    assert "'it is started again'" in told[0]


async def test_who_fails_as_it_comes_in_again_was_starting(
    keep: Keep,
) -> None:
    async def fail_the_second_time() -> None:
        comings.append(None)
        if len(comings) == 2:
            raise ValueError

    comings: list[None] = []
    keeper = Listener()
    guest = await keep(keeper, Guest, fail_the_second_time)
    guest.send_nowait(Do(crash))
    await wait_all_tasks_blocked()
    assert [failure.__notes__ for failure in keeper.failures] == [
        [f"agent 'guest' was handling {Do(crash)}"],
        ["agent 'guest' was starting"],
    ]
    guest.stop()
    assert (await guest.wait_closed()).restarts == 2


async def test_a_forgiven_crash_is_no_more_once_the_agent_is_cancelled(
    keep: Keep,
) -> None:
    guest = await keep(Listener(), Guest, nothing, Handle.cancel)
    guest.send_nowait(Do(crash))
    outcome = await guest.wait_closed()
    assert outcome.reason is Reason.CANCELLED
    assert outcome.error is None
    assert outcome.ledger == Ledger(accepted=1, failed=1)


async def test_whom_its_lifespan_cancels_is_doubted_once_and_then_believed(
    keep: Keep,
) -> None:
    class Quitter(Doer):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            with trio.CancelScope() as self.scope:
                yield

    async def quit_(doer: Doer, request: Do) -> None:
        assert isinstance(doer, Quitter)
        doer.scope.cancel()
        await trio.lowlevel.checkpoint()

    keeper = Listener()
    quitter = await keep(keeper, Quitter)
    quitter.send_nowait(Do(quit_))
    await wait_all_tasks_blocked()
    assert quitter.outcome is not None
    assert quitter.outcome.reason is Reason.CANCELLED
    assert quitter.outcome.restarts == 0
    assert "may keep" in keeper.news(quitter)


async def test_whose_reply_was_put_off_is_told_of_the_restart(
    keep: Keep, nursery: trio.Nursery
) -> None:
    async def put_off(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))

    replies: list[Reply[object]] = []
    guest = await keep(Listener(), Doer)
    asker = Asker(nursery, guest, Do(put_off))
    await wait_all_tasks_blocked()
    guest.send_nowait(Do(crash))
    await wait_all_tasks_blocked()
    guest.cancel()
    assert str(asker.results[0]) == (
        "agent 'guest' is started again before the reply it had deferred: "
        f"{Do(put_off)}"
    )

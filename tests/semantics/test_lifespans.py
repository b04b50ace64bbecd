"""S16: the lifespan."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from types import TracebackType

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Clumsy, Line, Player

from exeunt import Reason, start, start_soon
from exeunt.exceptions import AgentClosed, CleanupOverran


class Guest(Player):
    """Notes when it comes and goes, and what its lifespan sees in between."""

    def __init__(
        self, said: list[str], entering: float = 0, leaving: float = 0
    ) -> None:
        super().__init__(said)
        self.entering = entering
        self.leaving = leaving

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await trio.sleep(self.entering)
        self.said.append("entered")
        try:
            yield
            self.said.append("saw nothing")
        except BaseException as error:
            self.said.append(f"saw {type(error).__name__}")
            raise
        finally:
            await trio.sleep(self.leaving)
            self.said.append("left")


async def test_S16_1_start_returns_when_the_lifespan_is_entered(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    await start(nursery, Guest, said, 2)
    assert trio.current_time() == 2
    assert said == ["entered"]

    said.clear()
    early = start_soon(nursery, Guest, said, 2)
    await early.ask(Line("first turn"))
    assert said == ["entered", "first turn"]


@pytest.mark.parametrize("end", ["stop", "cancel", "crash"])
async def test_S16_2_the_lifespan_is_left_once_after_all_askers_are_answered(
    end: str, autojump_clock: MockClock
) -> None:
    said: list[str] = []

    async def ask(line: Line) -> None:
        with suppress(AgentClosed):
            await guest.ask(line)
        said.append("asker answered")

    error = ValueError() if end == "crash" else None
    async with trio.open_nursery() as askers:
        with suppress(*[ExceptionGroup] if error else []):
            async with trio.open_nursery() as nursery:
                guest = await start(nursery, Guest, said, 0, 2)
                await guest.send(Line("long", seconds=1, error=error))
                askers.start_soon(ask, Line("queued"))
                await wait_all_tasks_blocked()
                if end != "crash":
                    getattr(guest, end)()

    assert said.count("left") == 1
    assert said.index("asker answered") < said.index("left")


class Door:
    """An async context manager that says whether it was left."""

    def __init__(self, said: list[str], error: Exception | None) -> None:
        self.said = said
        self.error = error

    async def __aenter__(self) -> None:
        await trio.sleep(9)
        if self.error is not None:
            raise self.error

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.said.append("left")


class Knocker(Player):
    """Has a door for a lifespan."""

    def __init__(self, said: list[str], error: Exception | None) -> None:
        super().__init__(said)
        self.door = Door(said, error)

    def lifespan(self) -> Door:
        return self.door


async def test_S16_3_a_lifespan_that_was_not_entered_is_not_left(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    with pytest.raises(ValueError):
        await start(nursery, Knocker, said, ValueError())
    with trio.move_on_after(1):
        await start(nursery, Knocker, said, None)
    cancelled = start_soon(nursery, Knocker, said, None)
    await wait_all_tasks_blocked()
    cancelled.cancel()
    await cancelled.wait_closed()
    assert said == []


@pytest.mark.parametrize(
    ("end", "saw"),
    [
        ("stop", "saw nothing"),
        ("crash", "saw ValueError"),
        ("cancel", "saw Cancelled"),
        ("cancel in a turn", "saw Cancelled"),
        ("cancelled from outside", "saw Cancelled"),
    ],
)
async def test_S16_4_what_the_lifespan_sees(end: str, saw: str) -> None:
    said: list[str] = []
    with suppress(*[ExceptionGroup] if end == "crash" else []):
        async with trio.open_nursery() as nursery:
            guest = await start(nursery, Guest, said)
            if "turn" in end:
                await guest.send(Line("long", seconds=9))
            await wait_all_tasks_blocked()
            match end:
                case "stop":
                    guest.stop()
                case "crash":
                    await guest.send(Line("oops", error=ValueError()))
                case "cancelled from outside":
                    nursery.cancel_scope.cancel()
                case _:
                    guest.cancel()
    assert saw in said


class Forgiving(Player):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        with suppress(ValueError):
            yield


async def test_S16_5_swallowing_the_exception_does_not_undo_the_crash() -> None:
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            forgiving = await start(nursery, Forgiving)
            await forgiving.send(Line("oops", error=ValueError()))
    assert forgiving.outcome is not None
    assert forgiving.outcome.reason is Reason.CRASHED


async def test_S16_6_leaving_is_shielded(autojump_clock: MockClock) -> None:
    said: list[str] = []
    async with trio.open_nursery() as nursery:
        guest = await start(nursery, Guest, said, 0, 3)
        guest.stop()
        await trio.sleep(1)
        guest.cancel()
        nursery.cancel_scope.cancel()
    assert trio.current_time() == 3
    assert said == ["entered", "saw nothing", "left"]


async def test_S16_7_leaving_takes_as_long_as_cleanup_says(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    guest = await start(nursery, Guest, said, 0, 60)
    with pytest.warns(CleanupOverran):
        await guest.aclose()
    assert trio.current_time() == 5
    assert guest.outcome is not None
    assert guest.outcome.cleanup_timed_out
    assert "left" not in said

    patient = await start(nursery, Guest, said, 0, 60, cleanup=90)
    await patient.aclose()
    assert trio.current_time() == 65
    assert patient.outcome is not None
    assert not patient.outcome.cleanup_timed_out
    assert "left" in said


async def test_S16_8_an_exception_out_of_leaving_is_a_crash() -> None:
    with pytest.RaisesGroup(OSError):
        async with trio.open_nursery() as nursery:
            clumsy = await start(nursery, Clumsy)
            clumsy.stop()
    assert clumsy.outcome is not None
    assert clumsy.outcome.reason is Reason.CRASHED

    error = ValueError()
    with pytest.RaisesGroup(OSError) as raised:
        async with trio.open_nursery() as nursery:
            clumsy = await start(nursery, Clumsy)
            await clumsy.send(Line("oops", error=error))
    assert raised.value.exceptions[0].__context__ is error


class Employer(Player):
    """Has a helper, and says at its end whether that is still there."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(trio.sleep_forever)
            try:
                yield
            finally:
                with trio.CancelScope(shield=True):
                    await wait_all_tasks_blocked()
                self.said.append(f"leaves with {len(helpers.child_tasks)} helper")


async def test_S16_9_a_crash_that_comes_back_wrapped_leaves_unwrapped() -> None:
    error = ValueError()
    with pytest.RaisesGroup(ValueError) as raised:
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer)
            await employer.send(Line("oops", error=error))
    assert raised.value.exceptions[0] is error


async def test_S16_10_cancel_leaves_the_helpers_alone() -> None:
    for end, helpers in (("cancel", 1), ("cancelled from outside", 0)):
        said: list[str] = []
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer, said)
            await wait_all_tasks_blocked()
            if end == "cancel":
                employer.cancel()
            else:
                nursery.cancel_scope.cancel()
        assert said == [f"leaves with {helpers} helper"], end

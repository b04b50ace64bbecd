"""`who_waits` tells who waits for what; `fail_when_stalled` ends what cannot go on."""

import re
import threading
from collections.abc import Awaitable, Callable
from math import inf
from pathlib import Path

import pytest
import trio
import trio.testing
from standing import SCENES, look_at, told

from exeunt._core import trio_private
from exeunt.stalls import Place, Stall, Wait, failing, who_waits
from exeunt.stalls.failing import Stalled, fail_when_stalled
from exeunt.testing import Schedule, explore

EXPECTED = Path(__file__).with_name("stalls.txt")


def sections() -> dict[str, str]:
    _, *parts = re.split(r"^# ", EXPECTED.read_text("utf-8"), flags=re.MULTILINE)
    pairs = (part.split("\n", 1) for part in parts)
    return {name: text.strip() for name, text in pairs}


@pytest.mark.parametrize("name", SCENES)
def test_a_report_says_what_is_in_the_file(name: str) -> None:
    stall = look_at(SCENES[name])
    assert told(stall) == sections().get(name, "(there is no such section)")


def test_each_section_has_a_scene() -> None:
    assert list(sections()) == list(SCENES)


def test_who_waits_belongs_into_a_run() -> None:
    with pytest.raises(RuntimeError):
        who_waits()


def test_a_look_of_a_task_shows_that_it_runs() -> None:
    async def main() -> Stall:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await trio.testing.wait_all_tasks_blocked()
            stall = who_waits()
            nursery.cancel_scope.cancel()
        return stall

    stall = trio.run(main)
    runs, sleeps = stall.waits
    assert (runs.task, runs.kind) == ("main", "running")
    assert (sleeps.task, sleeps.kind) == ("trio.sleep_forever", "sleep")
    assert str(stall).startswith("1 of 2 tasks wait:\n  main is running\n")
    assert not stall.forever


def test_a_task_that_was_woken_does_not_wait_any_more() -> None:
    async def main() -> tuple[Stall, Stall]:
        event = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(event.wait)
            await trio.testing.wait_all_tasks_blocked()
            before = who_waits()
            event.set()
            return before, who_waits()

    before, after = trio.run(main)
    assert [wait.kind for wait in before.waits] == ["running", "event"]
    assert [wait.kind for wait in after.waits] == ["running", "running"]


def test_a_look_is_a_value_and_the_same_twice() -> None:
    first, second = (look_at(SCENES["two locks"]) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first.rings == (("left", "right"),)
    _, left, _ = first.waits
    assert left.wakers == ("right",)
    assert left.place is not None
    assert left.place.function == "left"
    assert Path(left.place.file).name == "standing.py"


def test_an_agent_is_known_by_its_name_and_its_turn() -> None:
    _, library, *askers = look_at(SCENES["askers"]).waits
    assert (library.agent, library.turn) == ("library", "Read(title='Faust')")
    assert [asker.agent for asker in askers] == [None] * 5
    assert {asker.kind for asker in askers} == {"agent"}
    assert {asker.wakers for asker in askers} == {("agent 'library'",)}


FOREVER = [
    "two locks",
    "channels",
    "a task that does not start",
    "an agent that nobody stops",
    "askers",
]
HOPEFUL = ["a sleep", "a thread", "a socket", "a signal"]


@pytest.mark.parametrize("name", FOREVER)
def test_where_nothing_comes_from_outside_it_is_for_ever(name: str) -> None:
    stall = look_at(SCENES[name])
    assert stall.forever
    assert stall.outside == ()


@pytest.mark.parametrize("name", HOPEFUL)
def test_what_comes_from_outside_gives_hope(name: str) -> None:
    stall = look_at(SCENES[name])
    assert not stall.forever
    assert len(stall.outside) == (name != "a sleep")


def test_a_long_message_is_shown_short() -> None:
    stall = look_at(lambda: trio.open_memory_channel[str](0)[0].send("x" * 1_000))
    assert len(str(stall)) < 400


def test_without_trios_private_names_a_look_still_says_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_names = look_at(SCENES["two locks"])
    monkeypatch.setattr(trio_private, "_knows_sleep", False)
    assert look_at(SCENES["two locks"]) == with_names


CLOCKS = [
    pytest.param(lambda: trio.testing.MockClock(autojump_threshold=0), id="autojump"),
    pytest.param(lambda: trio.testing.MockClock(autojump_threshold=0.001), id="slowly"),
    pytest.param(lambda: None, id="real"),
]
MakeClock = Callable[[], trio.testing.MockClock | None]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("name", FOREVER)
def test_a_test_that_has_stalled_fails_at_once(name: str, clock: MakeClock) -> None:
    async def main() -> None:
        with fail_when_stalled():
            await SCENES[name]()

    with pytest.raises(Stalled) as raised:
        trio.run(main, clock=clock())
    assert raised.value.stall == look_at(SCENES[name])
    text = sections()[name]
    assert told(raised.value) == f"nothing happens any more: {text}"


@pytest.mark.parametrize("clock", CLOCKS[:2])
def test_who_waits_for_time_has_not_stalled(clock: MakeClock) -> None:
    async def main() -> float:
        with fail_when_stalled():
            for _ in range(10):
                await trio.sleep(3600)
        return trio.current_time()

    start = trio.run(main, clock=clock())
    assert start == 36_000


@pytest.mark.parametrize("clock", CLOCKS)
def test_who_waits_for_a_thread_has_not_stalled(clock: MakeClock) -> None:
    async def main() -> bool:
        go = threading.Event()
        trio.lowlevel.add_instrument(Later(go))
        with fail_when_stalled():
            return await trio.to_thread.run_sync(go.wait)

    assert trio.run(main, clock=clock())


@pytest.mark.parametrize("clock", CLOCKS)
def test_who_waits_for_all_others_has_not_stalled(clock: MakeClock) -> None:
    async def main() -> int:
        count = 0
        with fail_when_stalled():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
                for _ in range(10):
                    await trio.testing.wait_all_tasks_blocked()
                    count += 1
                nursery.cancel_scope.cancel()
        return count

    assert trio.run(main, clock=clock()) == 10


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_thread_that_trio_does_not_know_may_call_in(clock: MakeClock) -> None:
    async def main() -> bool:
        event, token = trio.Event(), trio.lowlevel.current_trio_token()
        go = threading.Event()

        def call_in() -> None:
            go.wait()
            token.run_sync_soon(event.set)

        with fail_when_stalled():
            thread = threading.Thread(target=call_in)
            thread.start()
            trio.lowlevel.add_instrument(Later(go))
            await event.wait()
        thread.join()
        return event.is_set()

    assert trio.run(main, clock=clock())


class Later(trio.abc.Instrument):
    """Lets a thread go on when the loop has been idle, if it turns at all."""

    def __init__(self, go: threading.Event) -> None:
        self._go = go
        self._passes = 0

    def before_io_wait(self, timeout: float) -> None:
        self._passes += 1
        if timeout > 1 or self._passes == 10:
            self._go.set()


async def test_what_the_block_raises_goes_through_it() -> None:
    with pytest.raises(KeyError), fail_when_stalled():
        await trio.lowlevel.checkpoint()
        raise KeyError


async def test_the_cancellation_of_somebody_else_goes_through_it() -> None:
    with trio.CancelScope() as scope, fail_when_stalled():
        scope.cancel()
        await trio.sleep_forever()
    assert scope.cancelled_caught


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_shield_does_not_keep_it_waiting(clock: MakeClock) -> None:
    left: list[str] = []

    async def stubborn(name: str) -> None:
        with trio.CancelScope(shield=True):
            try:
                await SCENES["two locks"]()
            finally:
                left.append(name)

    async def main() -> None:
        with fail_when_stalled():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stubborn, "one")
                nursery.start_soon(stubborn, "two")

    with pytest.raises(Stalled, match="nothing happens any more") as raised:
        trio.run(main, clock=clock())
    assert sorted(left) == ["one", "two"]
    assert isinstance(raised.value.__cause__, ExceptionGroup)


async def test_what_else_is_raised_is_the_cause() -> None:
    with pytest.raises(Stalled) as raised, fail_when_stalled():
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError("on the way out")
    assert isinstance(raised.value.__cause__, KeyError)


def test_afterwards_nobody_looks_on_any_more() -> None:
    async def main() -> None:
        with pytest.raises(Stalled), fail_when_stalled():
            await trio.sleep_forever()
        with trio.move_on_after(0.001) as scope:
            await trio.sleep_forever()
        assert scope.cancelled_caught

    trio.run(main)


@pytest.mark.parametrize("run", [trio.run, Schedule().run, explore])
def test_the_main_task_is_called_as_what_it_runs(
    run: Callable[[Callable[[], Awaitable[object]]], object],
) -> None:
    async def the_scene() -> None:
        with fail_when_stalled():
            await SCENES["two locks"]()

    with pytest.raises(Stalled) as raised:
        run(the_scene)
    assert raised.value.stall is not None
    tasks = [wait.task for wait in raised.value.stall.waits]
    assert tasks == ["the_scene", "left", "right"]


def test_the_main_task_may_have_no_code_of_its_own() -> None:
    with pytest.raises(Stalled, match="the main task waits for cancellation"):
        Schedule().run(trio.sleep_forever)


def test_pytest_is_not_shown_our_lines() -> None:
    async def main() -> None:
        with fail_when_stalled():
            await trio.sleep_forever()

    with pytest.raises(Stalled) as raised:
        trio.run(main)
    raising = raised.traceback[-1]
    assert raising.path == Path(failing.__file__)
    assert raising not in raised.traceback.filter(raised)


def test_the_words_of_values() -> None:
    place = Place("play.py", 7, "act", "await scene()")
    wait = Wait("hamlet", None, "event", "an Event", place)
    assert str(wait) == "hamlet waits for an Event\n    play.py:7 in act: await scene()"
    assert str(Place("play.py", 7, "act", "")) == "play.py:7 in act"
    assert str(Stall((), deadline=inf)) == (
        "every task waits, and nothing is left that could wake one:"
    )
    assert str(Stalled("too long")) == "too long"
    assert Stalled("too long").stall is None

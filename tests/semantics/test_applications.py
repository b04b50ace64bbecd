"""T10: a program of agents."""
# ruff: noqa: N802 - the names begin with the ids of the promises

import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from math import inf
from types import FrameType
from typing import Any

import pytest
import trio
from trio.testing import MockClock
from troupe import Line, Player

from exeunt import Supervisor, run

INT, TERM = signal.SIGINT, signal.SIGTERM


@pytest.fixture(autouse=True)
def signals_as_in_a_terminal() -> Iterator[None]:
    """Undo what programs in the background get: that they ignore Ctrl-C."""
    before = signal.signal(INT, signal.default_int_handler)
    yield
    signal.signal(INT, before)


@pytest.fixture(autouse=True)
def virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real_run = trio.run

    def run_in_virtual_time(*args: Any) -> Any:
        return real_run(*args, clock=MockClock(autojump_threshold=0))

    monkeypatch.setattr(trio, "run", run_in_virtual_time)


class Leaver(Player):
    """Notes when it leaves."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.said.append(f"{self.context.name} leaves at {trio.current_time():g}")


async def two(supervisor: Supervisor, said: list[str], seconds: float = 0) -> None:
    """Start two agents, each of which has so much to do."""
    for name in "first", "second":
        agent = await supervisor.start(Leaver, said, name=name)
        await agent.send(Line(f"{name} begins", seconds))


async def press(*signals: signal.Signals) -> None:
    """Send one signal a second, although the first one cancels who does it."""
    with trio.CancelScope(shield=True):
        for each in signals:
            await trio.sleep(1)
            signal.raise_signal(each)
        await trio.sleep(1)


def test_T10_1_main_is_the_body_of_a_supervisor() -> None:
    async def main(supervisor: Supervisor, word: str, number: int) -> str:
        assert isinstance(supervisor, Supervisor)
        assert (word, number) == ("two", 2)
        await two(supervisor, said, 5)
        return "a result, which goes nowhere"

    said: list[str] = []
    assert run(main, "two", 2) == 0
    assert said[2:] == ["second leaves at 5", "first leaves at 5"]


@pytest.mark.parametrize("how", [INT, TERM])
def test_T10_2_the_first_signal_cancels_main_and_drains_the_agents(
    how: signal.Signals,
) -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, said, 5)
        try:
            signal.raise_signal(how)
            await trio.sleep_forever()
        finally:
            said.append(f"main is cancelled at {trio.current_time():g}")

    said: list[str] = []
    assert run(main) == 0
    assert sorted(said[:2]) == ["first begins", "second begins"]
    assert said[2:] == [
        "main is cancelled at 0",
        "second leaves at 5",
        "first leaves at 5",
    ]


def test_T10_3_when_the_grace_has_run_out_they_are_cancelled_in_order() -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, said, inf)
        await press(INT)

    said: list[str] = []
    assert run(main, grace=3) == 1
    assert said[2:] == ["second leaves at 4", "first leaves at 4"]


def test_T10_4_the_second_signal_cancels_them_in_order() -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, said, inf)
        await press(INT, TERM)

    said: list[str] = []
    assert run(main, grace=inf) == 128 + TERM
    # The first one waits for main, which does not obey its cancellation for a second.
    assert said[2:] == ["second leaves at 3", "first leaves at 3"]


def test_T10_5_the_third_signal_does_what_it_did_before() -> None:
    async def main(supervisor: Supervisor) -> None:
        await supervisor.start(Player, said)
        await press(INT, TERM, INT)

    said: list[str] = []
    with pytest.RaisesGroup(KeyboardInterrupt):
        run(main, grace=inf)


def test_T10_6_after_the_grace_the_next_signal_is_the_third() -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, [], inf)
        with trio.CancelScope(shield=True):
            signal.raise_signal(TERM)
            await trio.sleep(5)
            signal.raise_signal(INT)
            await trio.sleep(5)

    with pytest.RaisesGroup(KeyboardInterrupt):
        run(main, grace=3)


class Stuck(Player):
    """Comes to no checkpoint any more."""

    async def handle(self, message: Line) -> str:
        for _ in range(3):
            self.said.append("a signal")
            signal.raise_signal(INT)
        raise AssertionError("nothing has broken the loop")


def test_T10_7_the_third_signal_breaks_what_comes_to_no_checkpoint() -> None:
    async def main(supervisor: Supervisor) -> None:
        stuck = await supervisor.start(Stuck, said)
        await stuck.send(Line("for ever"))
        await trio.sleep_forever()

    said: list[str] = []
    with pytest.RaisesGroup(KeyboardInterrupt):
        run(main)
    assert said == 3 * ["a signal"]


def test_T10_8_a_signal_that_is_ignored_stays_ignored() -> None:
    async def main(supervisor: Supervisor) -> None:
        assert signal.getsignal(INT) is signal.SIG_IGN
        await two(supervisor, said)
        await press(INT, INT, INT, TERM)

    said: list[str] = []
    signal.signal(INT, signal.SIG_IGN)  # as for a program in the background
    assert run(main) == 0
    assert said[2:] == ["second leaves at 5", "first leaves at 5"]


@pytest.mark.parametrize("signals", [(), (TERM,), (TERM, INT)])
def test_T10_9_afterwards_the_signals_do_what_they_did_before(
    signals: tuple[signal.Signals, ...],
) -> None:
    def before(number: int, frame: FrameType | None) -> None: ...

    async def main(supervisor: Supervisor) -> None:
        assert signal.getsignal(TERM) is not before
        await press(*signals)

    found = signal.signal(TERM, before)
    run(main)
    assert signal.signal(TERM, found) is before
    assert signal.getsignal(INT) is signal.default_int_handler


def test_T10_10_undelivered_messages_make_the_status_1() -> None:
    async def main(supervisor: Supervisor, seconds: float) -> None:
        player = await supervisor.start(Player)
        for each in "one", "two":
            await player.send(Line(each, seconds))
        await trio.testing.wait_all_tasks_blocked()
        player.cancel()

    assert run(main, 0) == 0
    assert run(main, 1) == 1


def test_T10_11_what_has_failed_is_raised_as_by_a_supervisor() -> None:
    async def main(supervisor: Supervisor) -> None:
        player = await supervisor.start(Player)
        await player.send(Line("oops", error=crash))
        try:
            await trio.sleep_forever()
        finally:
            raise error

    crash, error = ValueError("the crash"), OSError("main's own")
    with pytest.RaisesGroup(ValueError, OSError) as raised:
        run(main)
    assert raised.value.exceptions == (crash, error)


def test_T10_12_the_report_has_a_line_for_each_and_a_summary() -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, [])
        player = await supervisor.start(Player, name="third")
        for each in "begun", "not begun":
            await player.send(Line(each, inf))
        await press(INT)

    report = StringIO()
    assert run(main, grace=3, report=report) == 1
    assert report.getvalue() == (
        "third cancelled (after a grace of 3 s); "
        "2 accepted: 1 interrupted, 1 undelivered\n"
        "  undelivered: Line(text='not begun', seconds=inf, error=None)\n"
        "second cancelled (after a grace of 3 s); 1 accepted: 1 handled\n"
        "first cancelled (after a grace of 3 s); 1 accepted: 1 handled\n"
        "Exeunt, after SIGINT and a grace of 3 s: "
        "3 agents cancelled, 1 message undelivered.\n"
    )


def test_T10_13_after_a_failure_the_report_is_written_before_it_is_raised() -> None:
    async def main(supervisor: Supervisor) -> None:
        player = await supervisor.start(Player, name="player", restart="transient")
        for _ in range(3):
            await player.send(Line("oops", error=ValueError()))
        await trio.sleep_forever()

    report = StringIO()
    with pytest.RaisesGroup(ValueError, ValueError, ValueError):
        run(main, max_restarts=2, report=report)
    assert report.getvalue() == (
        "player crashed; 3 accepted: 3 failed; 2 restarts\n"
        "Exeunt, after a failure: 1 agent crashed, nothing undelivered, 2 restarts.\n"
    )


class Closed(StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError


def test_T10_14_a_report_that_cannot_be_written_changes_nothing() -> None:
    async def main(supervisor: Supervisor) -> None:
        await two(supervisor, said)

    said: list[str] = []
    assert run(main, report=Closed()) == 0
    assert len(said) == 4


def test_T10_15_only_the_main_thread_can_run_an_application() -> None:
    async def main(supervisor: Supervisor) -> None:
        raise AssertionError("it is not called")

    async def elsewhere() -> None:
        await trio.to_thread.run_sync(run, main)

    with pytest.raises(RuntimeError, match="in another thread than the main one"):
        trio.run(elsewhere)

"""Programs of agents: what happens in the same instant, and where the report goes."""

import io
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from signal import SIGINT, SIGTERM
from types import FrameType
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Supervisor, open_supervisor, run
from exeunt.application import Application
from exeunt.tracing import Recorder, Recording


@pytest.fixture(autouse=True)
def sigint_as_in_a_terminal() -> Iterator[None]:
    """Undo what programs in the background get: that they ignore Ctrl-C."""
    before = signal.signal(SIGINT, signal.default_int_handler)
    yield
    signal.signal(SIGINT, before)


@pytest.fixture
def virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real_run = trio.run

    def run_in_virtual_time(*args: Any) -> Any:
        return real_run(*args, clock=MockClock(autojump_threshold=0))

    monkeypatch.setattr(trio, "run", run_in_virtual_time)


class Sleeper(Agent[float]):
    """Sleeps as long as it is told to."""

    async def handle(self, message: float) -> None:
        await trio.sleep(message)


async def sleep(supervisor: Supervisor, *naps: float) -> None:
    """Have an agent take so many naps."""
    sleeper = await supervisor.start(Sleeper, name="sleeper")
    for nap in naps:
        await sleeper.send(nap)


async def nothing(supervisor: Supervisor) -> None:
    pass


def summary(application: Application) -> str:
    return application.report().splitlines()[-1]


async def test_its_async_part_runs_in_any_trio_run(autojump_clock: MockClock) -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, 5, inf)
        signal.raise_signal(SIGTERM)
        await trio.sleep_forever()

    application = Application(open_supervisor(), grace=10)
    await application.play(main, ())
    assert application.status == 1
    assert trio.current_time() == 10
    assert summary(application) == (
        "Exeunt, after SIGTERM and a grace of 10 s: "
        "1 agent cancelled, nothing undelivered."
    )


def tasks() -> list[str]:
    """Return the names of all tasks of the run."""
    found = [trio.lowlevel.current_root_task()]
    for task in found:
        assert task is not None
        found += [child for each in task.child_nurseries for child in each.child_tasks]
    return [task.name for task in found if task is not None]


@pytest.mark.parametrize("naps", [(), (inf,)])
@pytest.mark.parametrize("signals", [(), (SIGTERM,), (SIGTERM, SIGINT)])
async def test_nothing_of_it_is_left(
    naps: tuple[float, ...],
    signals: tuple[signal.Signals, ...],
    autojump_clock: MockClock,
) -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, *naps if signals else ())
        for each in signals:
            signal.raise_signal(each)

    before = tasks()
    handlers = [signal.getsignal(each) for each in (SIGINT, SIGTERM)]
    await Application(open_supervisor(), grace=10).play(main, ())
    await wait_all_tasks_blocked()
    assert tasks() == before
    assert [signal.getsignal(each) for each in (SIGINT, SIGTERM)] == handlers


@pytest.mark.usefixtures("virtual_time")
def test_a_signal_while_the_agents_leave_begins_the_grace() -> None:
    class Late(Sleeper):
        async def handle(self, message: float) -> None:
            await trio.sleep(2)
            signal.raise_signal(SIGTERM)
            try:
                await trio.sleep(message)
            finally:
                ended.append(trio.current_time())

    async def main(supervisor: Supervisor) -> None:
        for _ in range(2):
            late = await supervisor.start(Late)
        await late.send(inf)

    ended: list[float] = []
    assert run(main, grace=3) == 1
    assert ended == [5]


@pytest.mark.usefixtures("virtual_time")
def test_two_signals_in_one_instant_are_two() -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, inf)
        await wait_all_tasks_blocked()
        signal.raise_signal(SIGTERM)
        signal.raise_signal(SIGINT)
        await trio.sleep_forever()

    assert run(main, grace=inf) == 128 + SIGINT


@pytest.mark.usefixtures("virtual_time")
def test_a_grace_of_nothing_cancels_at_once() -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, 1)
        await wait_all_tasks_blocked()
        signal.raise_signal(SIGTERM)
        await trio.sleep_forever()

    report = io.StringIO()
    assert run(main, grace=0, report=report) == 1
    assert "1 interrupted" in report.getvalue()


@pytest.mark.usefixtures("virtual_time")
def test_a_second_signal_counts_although_the_grace_is_nothing() -> None:
    async def main(supervisor: Supervisor) -> None:
        signal.raise_signal(SIGTERM)
        signal.raise_signal(SIGTERM)
        await trio.sleep_forever()

    assert run(main, grace=0) == 128 + SIGTERM


@pytest.mark.usefixtures("virtual_time")
def test_main_may_say_goodbye_after_a_signal() -> None:
    class Log(Agent[str]):
        async def handle(self, message: str) -> None:
            said.append(message)

    async def main(supervisor: Supervisor) -> None:
        log = await supervisor.start(Log)
        try:
            signal.raise_signal(SIGTERM)
            await trio.sleep_forever()
        except trio.Cancelled:
            log.send_nowait("goodbye")

    said: list[str] = []
    assert run(main) == 0
    assert said == ["goodbye"]


@pytest.mark.usefixtures("virtual_time")
def test_main_may_cancel_the_program_itself() -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, inf)
        await wait_all_tasks_blocked()
        supervisor.cancel("it is enough")

    report = io.StringIO()
    assert run(main, report=report) == 0
    assert report.getvalue().startswith("sleeper cancelled (it is enough); ")


@pytest.mark.parametrize("error", [ValueError("oops"), SystemExit(3)])
def test_what_main_raises_on_its_way_out_is_not_lost(error: BaseException) -> None:
    async def main(supervisor: Supervisor) -> None:
        try:
            signal.raise_signal(SIGTERM)
            await trio.sleep_forever()
        finally:
            raise error

    report = io.StringIO()
    with pytest.RaisesGroup(type(error)) as raised:
        run(main, report=report)
    assert raised.value.exceptions[0] is error
    assert report.getvalue() == (
        "Exeunt, after SIGTERM and a failure: nobody was on stage, "
        "nothing undelivered.\n"
    )


def test_how_the_supervisor_restarts_is_for_it_to_say() -> None:
    async def main(supervisor: Supervisor) -> None:
        first = await supervisor.start(Crasher, name="first", restart="transient")
        await supervisor.start(Crasher, first, name="second", restart="transient")
        await first.send("crash")
        await wait_all_tasks_blocked()

    class Crasher(Agent[str]):
        def __init__(self, *args: object) -> None: ...

        async def handle(self, message: str) -> None:
            raise ValueError

    report = io.StringIO()
    assert run(main, strategy="one_for_all", max_restarts=1, report=report) == 0
    assert report.getvalue().splitlines()[:2] == [
        "second stopped; 0 accepted; 1 restart",
        "first stopped; 1 accepted: 1 failed; 1 restart",
    ]


def test_what_main_does_to_a_signal_stays_done() -> None:
    def own(number: int, frame: FrameType | None) -> None: ...

    async def main(supervisor: Supervisor) -> None:
        signal.signal(SIGTERM, own)

    assert run(main) == 0
    assert signal.signal(SIGTERM, signal.SIG_DFL) is own


def test_a_handler_that_is_not_pythons_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(supervisor: Supervisor) -> None:
        found.append(real(SIGTERM))

    def getsignal(number: int) -> object:
        return None if number == SIGTERM else real(number)

    found: list[object] = []
    real: Callable[[int], object] = signal.getsignal
    monkeypatch.setattr(signal, "getsignal", getsignal)
    assert run(main) == 0
    assert found == [signal.SIG_DFL]


def test_ctrl_c_breaks_nothing_while_a_signal_is_counted() -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, 1)
        signals = getattr(signal.getsignal(SIGINT), "__self__")  # noqa: B009
        give_back = signals.give_back

        def give_back_and_press() -> None:
            give_back()
            signal.raise_signal(SIGINT)
            given_back.append(True)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(signals, "give_back", give_back_and_press)
            signal.raise_signal(SIGINT)
            signal.raise_signal(SIGINT)
        assert given_back
        await trio.sleep_forever()

    given_back: list[bool] = []
    with pytest.RaisesGroup(KeyboardInterrupt):
        run(main)
    assert given_back[0]


LINE = "Exeunt: nobody was on stage, nothing undelivered.\n"


def test_the_report_goes_to_what_is_standard_error_at_the_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(nothing) == 0
    assert capsys.readouterr() == ("", LINE)
    other = io.StringIO()
    monkeypatch.setattr(sys, "stderr", other)
    assert run(nothing) == 0
    assert other.getvalue() == LINE


def test_a_program_may_have_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert run(nothing) == 0


def test_a_report_into_a_file_that_is_closed_goes_nowhere() -> None:
    closed = io.StringIO()
    closed.close()
    assert run(nothing, report=closed) == 0


def test_the_report_keeps_to_the_letters_that_its_file_knows() -> None:
    async def main(supervisor: Supervisor) -> None:
        await supervisor.start(Sleeper, name="Käthe \ud800")

    for encoding, name in ("ascii", r"K\xe4the \ud800"), ("utf-8", r"Käthe \ud800"):
        file = io.BytesIO()
        report = io.TextIOWrapper(file, encoding)
        assert run(main, report=report) == 0
        assert file.getvalue().decode(encoding).startswith(f"{name} stopped; ")


async def test_inside_of_another_run_nothing_is_run_or_reported() -> None:
    report = io.StringIO()
    with pytest.raises(RuntimeError, match="from inside a run"):
        run(nothing, report=report)
    assert report.getvalue() == ""


@pytest.mark.usefixtures("virtual_time")
def test_the_log_tells_what_signals_do(caplog: pytest.LogCaptureFixture) -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, inf)
        await wait_all_tasks_blocked()
        signal.raise_signal(SIGTERM)
        await trio.sleep_forever()

    with caplog.at_level(logging.INFO, "exeunt"):
        run(main, grace=2.5)
    assert caplog.messages == [
        "SIGTERM: all leave within 2.5 s",
        "after a grace of 2.5 s, all are cancelled",
    ]


def test_a_recorder_hears_of_everything_and_is_dumped_when_it_fails(
    tmp_path: Path,
) -> None:
    async def main(supervisor: Supervisor) -> None:
        await sleep(supervisor, 0)
        await supervisor.idle()
        raise OSError("the disk is full")

    path = tmp_path / "crash.jsonl"
    with pytest.raises(ExceptionGroup):
        run(main, report=io.StringIO(), recorder=Recorder(dump=path))
    kinds = [type(event).__name__ for event in Recording.load(path).events]
    assert kinds[0] == "ScopeOpened"
    assert kinds.count("MessageEnded") == 1
    assert kinds.index("AgentLeft") < kinds.index("ScopeClosed")

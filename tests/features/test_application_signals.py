"""Programs of agents, in processes of their own, and real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM
from threading import Timer
from typing import IO

import pytest

HANG = 60  # seconds after which a program that hangs is killed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")

# A shell may have told those it runs in the background to ignore Ctrl-C. What is
# printed is read by the test, so that the next signal comes when it is to come.
PROGRAM = """
import math, signal, sys
from contextlib import asynccontextmanager
import trio
from exeunt import Agent, run

class Worker(Agent[float]):
    @asynccontextmanager
    async def lifespan(self):
        try:
            yield
        finally:
            say(f"{self.context.name} leaves")

    async def handle(self, seconds):
        say(f"{self.context.name} begins")
        try:
            await trio.sleep(seconds)
        except trio.Cancelled:
            say(f"{self.context.name} is cancelled")
            if seconds > 1e6:
                with trio.CancelScope(shield=True):
                    await trio.sleep_forever()
            raise

def say(line):
    print(line, flush=True)

async def main(supervisor, *work):
    for number, seconds in enumerate(work):
        worker = await supervisor.start(Worker, name=f"worker {number}")
        for _ in range(2):
            await worker.send(seconds)
    try:
        await trio.sleep_forever()
    except trio.Cancelled:
        say("main is cancelled")
        raise

signal.signal(signal.SIGINT, signal.default_int_handler)
"""


@contextmanager
def running(call: str, more: str = "") -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-c", f"{PROGRAM}{more}\nsys.exit({call})"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        watchdog = Timer(HANG, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def hear(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().rstrip("\n")


def all_of(stream: IO[str] | None) -> list[str]:
    assert stream is not None
    return stream.read().splitlines()


@pytest.mark.parametrize("how", [SIGINT, SIGTERM])
def test_one_signal_drains_in_order(how: signal.Signals) -> None:
    with running("run(main, 0.01, 0.01, grace=math.inf)") as process:
        heard = [hear(process.stdout) for _ in range(2)]
        assert sorted(heard) == ["worker 0 begins", "worker 1 begins"]
        process.send_signal(how)

        rest = all_of(process.stdout)
        assert [line for line in rest if "begins" not in line] == [
            "main is cancelled",
            "worker 1 leaves",
            "worker 0 leaves",
        ]
        assert all_of(process.stderr) == [
            "worker 1 stopped; 2 accepted: 2 handled",
            "worker 0 stopped; 2 accepted: 2 handled",
            f"Exeunt, after {how.name}: 2 agents stopped, nothing undelivered.",
        ]
        assert process.wait() == 0


def test_one_signal_and_a_grace_that_runs_out() -> None:
    with running("run(main, 1e6, grace=0.01)") as process:
        assert hear(process.stdout) == "worker 0 begins"
        process.send_signal(SIGTERM)

        assert all_of(process.stdout) == [
            "main is cancelled",
            "worker 0 is cancelled",
            "worker 0 leaves",
        ]
        assert all_of(process.stderr)[1:] == [
            "  undelivered: 1000000.0",
            (
                "Exeunt, after SIGTERM and a grace of 0.01 s: "
                "1 agent cancelled, 1 message undelivered."
            ),
        ]
        assert process.wait() == 1


@pytest.mark.parametrize("second", [SIGINT, SIGTERM])
def test_two_signals_cancel_in_order(second: signal.Signals) -> None:
    with running("run(main, 1e6, 1e6, grace=math.inf)") as process:
        heard = [hear(process.stdout) for _ in range(2)]
        assert sorted(heard) == ["worker 0 begins", "worker 1 begins"]
        process.send_signal(SIGINT)
        assert hear(process.stdout) == "main is cancelled"
        process.send_signal(second)

        assert all_of(process.stdout) == [
            "worker 1 is cancelled",
            "worker 1 leaves",
            "worker 0 is cancelled",
            "worker 0 leaves",
        ]
        summary = all_of(process.stderr)[-1]
        assert summary == (
            f"Exeunt, after SIGINT and {second.name}: "
            "2 agents cancelled, 2 messages undelivered."
        )
        assert process.wait() == 128 + second


def test_after_two_signals_sigterm_kills() -> None:
    with running("run(main, 1e7, grace=math.inf)") as process:
        assert hear(process.stdout) == "worker 0 begins"
        process.send_signal(SIGTERM)
        assert hear(process.stdout) == "main is cancelled"
        process.send_signal(SIGTERM)
        assert hear(process.stdout) == "worker 0 is cancelled"
        process.send_signal(SIGTERM)

        assert process.wait() == -SIGTERM
        assert all_of(process.stderr) == []


STUCK = """
class Stuck(Agent[str]):
    async def handle(self, message):
        came = signal.getsignal(signal.SIGINT).__self__.came
        say("stuck")
        for number in 1, 2:
            while len(came) < number:
                pass
            say(f"signal {number}")
        while True:
            pass

async def main(supervisor):
    stuck = await supervisor.start(Stuck, name="stuck")
    await stuck.send("for ever")
    await trio.sleep_forever()
"""


def test_the_third_ctrl_c_breaks_a_loop_that_comes_to_no_checkpoint() -> None:
    with running("run(main)", STUCK) as process:
        for line in "stuck", "signal 1", "signal 2":
            assert hear(process.stdout) == line
            process.send_signal(SIGINT)

        summary, *traceback = all_of(process.stderr)[1:]
        assert summary == (
            "Exeunt, after SIGINT, SIGINT and a failure: "
            "1 agent killed, nothing undelivered."
        )
        assert traceback[0].endswith("Traceback (most recent call last):")
        assert "    | KeyboardInterrupt" in traceback
        assert process.wait() == 1


FAILING = """
async def main(supervisor):
    worker = await supervisor.start(Worker, name="worker")
    await worker.send("no number")
    await trio.sleep_forever()
"""


def test_a_crash_is_reported_and_then_shown_by_python() -> None:
    with running("run(main)", FAILING) as process:
        report = all_of(process.stderr)
        assert report[:2] == [
            "worker crashed; 1 accepted: 1 failed",
            "Exeunt, after a failure: 1 agent crashed, nothing undelivered.",
        ]
        assert report[2].endswith("Traceback (most recent call last):")
        assert [line for line in report if line.lstrip("| ").startswith("TypeError: ")]
        assert process.wait() == 1

"""Code that cannot be shut in is not run, and a run that is cancelled is gone."""

import sys
from pathlib import Path

import pytest
import trio

from exeunt.team.sandbox import CannotIsolate, Check, Limits, Program, Sandbox
from exeunt.team.sandbox.running import Lines

ANY = Program({"m": "def one(): return 1"}, (Check("one", "one()", want="1"),))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the PATH there is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def make(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


async def refusal(sandbox: Sandbox) -> str:
    with pytest.raises(CannotIsolate) as refused:
        await sandbox.judge(ANY)
    with pytest.raises(CannotIsolate):
        await sandbox.observe(ANY.sources, ["1"])
    assert 'Sandbox(isolation="none")' in str(refused.value)
    return str(refused.value)


async def test_without_unshare_nothing_runs(programs: Path) -> None:
    assert "no program 'unshare'" in await refusal(Sandbox())


async def test_where_namespaces_are_off_nothing_runs(programs: Path) -> None:
    make(programs / "unshare", "echo unshare failed: not permitted >&2\nexit 1")
    assert "unshare failed: not permitted" in await refusal(Sandbox())


async def test_an_unshare_that_shuts_nothing_in_is_found_out(
    programs: Path,
) -> None:
    find = f'while [ "$1" != {sys.executable} ]; do shift; done'
    make(programs / "unshare", f'{find}\necho "$@" >&2')
    assert "warden.py" in await refusal(Sandbox())


async def test_an_interpreter_that_says_nothing_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "python", "exit 0")
    with pytest.raises(CannotIsolate, match="gave no answer"):
        await Sandbox(isolation="none", python=str(tmp_path / "python")).prepare()


async def test_elsewhere_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "this is darwin" in await refusal(Sandbox())


async def test_what_cannot_be_isolated_runs_if_asked_for(programs: Path) -> None:
    assert (await Sandbox(isolation="none").judge(ANY)).passed


@pytest.mark.parametrize("kind", ["wait", "loop", "fork", "answer"])
async def test_a_cancelled_run_leaves_nothing(anyhow: Sandbox, kind: str) -> None:
    source = f"""
import os, time
os.write(3, b'{{"loaded": true}}\\n')
if {kind!r} == "fork": os.fork()
while {kind!r} != "wait":
    if {kind!r} == "answer": os.write(3, b'{{"text": "1", "plain": true}}\\n')
time.sleep(1000)
"""
    program = Program({"m": source}, (Check("one", "1", want="1"),) * 100)
    await anyhow.prepare()
    with trio.CancelScope() as scope:
        receive = Lines.receive

        async def receive_and_cancel(lines: Lines) -> object:
            answer = await receive(lines)
            scope.cancel()
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Lines, "receive", receive_and_cancel)
            await anyhow.judge(program)
    assert scope.cancelled_caught


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 10, 100, 1_000, 5_000, 20_000])
async def test_a_run_can_be_cancelled_anywhere(anyhow: Sandbox, steps: int) -> None:
    async def cancel_later(scope: trio.CancelScope) -> None:
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(cancel_later, nursery.cancel_scope)
        await anyhow.judge(ANY)


async def test_the_death_of_the_host_ends_the_run(shut_in: Sandbox) -> None:
    """Nobody is there to end it then; that nothing is left is seen by the fixture."""
    script = f"""
import trio
from exeunt.team.sandbox import Limits, Program, Sandbox
source = 'import os, time\\nos.write(3, b"{{}}\\\\n")\\ntime.sleep(1000)'
sandbox = Sandbox({shut_in.isolation!r}, limits=Limits(wall=1000))
async def main():
    await sandbox.prepare()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sandbox.observe, {{"m": source}}, ["1"])
        await trio.sleep(0.2)
        import os
        os._exit(0)
trio.run(main)
"""
    await trio.run_process([sys.executable, "-c", script])


async def test_the_wall_limit_counts_as_a_timeout(anyhow: Sandbox) -> None:
    slow = Sandbox(anyhow.isolation, limits=Limits(wall=0.5))
    source = "import time\ntime.sleep(1000)"
    report = await slow.judge(Program({"m": source}, ANY.checks))
    assert (report.ended, report.verdicts) == ("timeout", ())
    assert await slow.observe({"m": source}, ["1"]) == ("!timeout",)


async def test_several_runs_go_at_once(anyhow: Sandbox) -> None:
    passed = []

    async def run() -> None:
        passed.append((await anyhow.judge(ANY)).passed)

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(run)
    assert passed == [True] * 5

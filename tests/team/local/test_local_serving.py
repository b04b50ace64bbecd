"""The server's process, with a stand-in for xllamacpp that does what a test says.

What stands in the file of weights is the code that the stand-in runs.
"""

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from exeunt.team.local import store
from exeunt.team.local.catalogue import MODELS, Weights
from exeunt.team.local.errors import CannotServe, ServerDied
from exeunt.team.local.serving import serve

STAND_IN = """
import json, os, time
from types import SimpleNamespace

def CommonParams():
    return SimpleNamespace(
        model=SimpleNamespace(), cpuparams=SimpleNamespace(n_threads=-1),
        cpuparams_batch=SimpleNamespace(n_threads=-1),
    )

class Server:
    listening_address = "http://127.0.0.1:4242"
    def __init__(self, params):
        exec(open(params.model.path).read())
"""
ALONE = """
import pickle, sys, trio
from exeunt.team.local.serving import serve
async def main():
    async with serve(pickle.load(sys.stdin.buffer)) as url:
        print(url, flush=True)
        await trio.sleep_forever()
trio.run(main)
"""


@attrs.frozen
class Stage:
    """A file of weights to write code into, and a pipe that ends with the server."""

    weights: Weights
    pipe: Path

    def play(self, code: str) -> Weights:
        """Have the server run some code; return the weights that say so."""
        path = store.place(self.weights)
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
        sha256 = hashlib.sha256(code.encode()).hexdigest()
        return attrs.evolve(self.weights, size=path.stat().st_size, sha256=sha256)

    @property
    def here(self) -> str:
        """Code that says over the pipe which process it is, and keeps it open."""
        return f"p = os.open({str(self.pipe)!r}, 1); os.write(p, b'%d.' % os.getpid())"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("EXEUNT_CACHE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    (tmp_path / "xllamacpp.py").write_text(STAND_IN)
    os.mkfifo(tmp_path / "pipe")
    return Stage(MODELS["smollm2-135m"], tmp_path / "pipe")


async def read_pid(pipe: Path) -> tuple[int, int]:
    """Open the pipe, and return it and the process at its other end."""
    file = await trio.to_thread.run_sync(os.open, pipe, os.O_RDONLY)
    said = b""
    while not said.endswith(b"."):
        said += await trio.to_thread.run_sync(os.read, file, 100)
    return file, int(said[:-1])


def begin(program: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe)


@asynccontextmanager
async def meeting(
    stage: Stage,
) -> AsyncGenerator[trio.MemoryReceiveChannel[tuple[int, int]]]:
    """Open the pipe beside a block, as its other end waits for that."""
    sender, receiver = trio.open_memory_channel[tuple[int, int]](1)

    async def meet() -> None:
        await sender.send(await read_pid(stage.pipe))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(meet)
        yield receiver


async def gone(file: int) -> bool:
    """Wait for the end of the pipe, which comes when nobody holds it any more."""
    try:
        return await trio.to_thread.run_sync(os.read, file, 1) == b""
    finally:
        os.close(file)


async def test_leaving_the_block_ends_the_process(stage: Stage) -> None:
    async with meeting(stage) as met, serve(stage.play(stage.here)) as url:
        assert url == "http://127.0.0.1:4242/v1"
        file, pid = await met.receive()
        os.kill(pid, 0)  # it is there
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await gone(file)


async def test_it_listens_to_this_machine_only_and_is_thrifty(
    stage: Stage, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    code = f"""
params.model = params.model.path
params.cpuparams = params.cpuparams.n_threads
params.cpuparams_batch = params.cpuparams_batch.n_threads
params.model_alias = list(params.model_alias)
params.spin = [os.environ["OMP_WAIT_POLICY"], os.environ["GOMP_SPINCOUNT"]]
open({str(seen)!r}, "w").write(json.dumps(vars(params)))
"""
    async with serve(stage.play(code), threads=3, port=7, slots=2):
        params = json.loads(seen.read_text())
    assert params["hostnames"] == ["127.0.0.1"]
    assert params["cors_origins"] == "localhost"
    assert (params["port"], params["n_parallel"], params["n_ctx"]) == (7, 2, 4_096)
    assert params["cpuparams"] == params["cpuparams_batch"] == 3
    assert params["cache_ram_mib"] == 0
    assert params["model_alias"] == ["smollm2-135m"]
    assert params["spin"] == ["PASSIVE", "0"]


async def test_what_the_library_prints_is_not_taken_for_an_address(
    stage: Stage,
) -> None:
    code = "print('{\"url\": \"http://evil\"}', flush=True); os.write(1, b'noise\\n')"
    async with serve(stage.play(code)) as url:
        assert url == "http://127.0.0.1:4242/v1"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('the port is taken')", "cannot be served. the port is"),
        ("os.write(2, b'bad tensor'); os.abort()", "status -6. It said:\nbad tensor"),
        ("os._exit(3)", "ended before it could answer, status 3. It said:\nnothing"),
    ],
)
async def test_a_server_that_does_not_come_up_is_told(
    code: str, said: str, stage: Stage
) -> None:
    with pytest.raises(CannotServe, match=said):
        async with serve(stage.play(code)):
            pytest.fail("it came up")


async def test_without_xllamacpp_it_says_which_extra(
    stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('no')")
    with pytest.raises(CannotServe, match=r"pip install .exeunt\[local\]."):
        async with serve(stage.play("")):
            pytest.fail("it came up")


async def test_what_is_not_here_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEUNT_CACHE", str(tmp_path))
    with pytest.raises(CannotServe, match="exeunt model fetch smollm2-135m"):
        async with serve(MODELS["smollm2-135m"]):
            pytest.fail("it came up")


async def test_a_server_that_dies_cancels_the_block(stage: Stage) -> None:
    async with meeting(stage) as met:
        with pytest.raises(ServerDied, match="ended by itself, status -9"):
            async with serve(stage.play(stage.here)):
                file, pid = await met.receive()
                os.kill(pid, signal.SIGKILL)
                await trio.sleep_forever()
    assert await gone(file)


async def test_errors_of_the_block_come_out_as_they_are(stage: Stage) -> None:
    with pytest.raises(LookupError, match="mine") as caught:
        async with serve(stage.play("")):
            raise LookupError("mine")
    assert caught.value.__context__ is None


async def test_one_that_hangs_while_it_loads_is_ended_by_cancelling(
    stage: Stage,
) -> None:
    found = -1
    weights = stage.play(f"{stage.here}; time.sleep(1_000)")
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            async with serve(weights):
                pytest.fail("it came up")

        nursery.start_soon(run)
        found, pid = await read_pid(stage.pipe)
        nursery.cancel_scope.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await gone(found)


async def test_it_does_not_outlive_a_program_that_was_killed(stage: Stage) -> None:
    with begin(ALONE) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(pickle.dumps(stage.play(stage.here)))
        program.stdin.close()
        file, _ = await read_pid(stage.pipe)
        assert await trio.to_thread.run_sync(program.stdout.readline)
        program.kill()
    assert await gone(file)

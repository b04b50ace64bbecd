"""Starts the warden, hears what the tested code answers, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, cast

import attrs
import trio

ENVIRONMENT = {"PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}

Answer = Mapping[str, Any]
Hear = Callable[[Answer], bool]
"""Takes an answer, and says whether more of them are wanted."""


@attrs.frozen
class Ending:
    """How a run ended.

    Attributes:
        why: The hearer had heard enough, the time on the wall was over, an answer was
            none, or the tested process ended by itself.
        status: How that ended, as `subprocess` has it; None if it is not known.
        cannot: Why it was not begun, or "".

    """

    why: Literal["enough", "time", "garbled", "end"]
    status: int | None = None
    cannot: str = ""


async def run(
    command: Sequence[str], job: Mapping[str, Any], wall: float, hear: Hear
) -> Ending:
    """Run a job. When this returns or raises, none of its processes and files is left.

    Args:
        command: The command line of the warden.
        job: What the warden is told.
        wall: Seconds that it may take.
        hear: Called with every answer, in order.

    """
    with tempfile.TemporaryDirectory(prefix="exeunt-") as folder:
        process = await trio.lowlevel.open_process(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        try:
            return await _attend(process, {**job, "folder": folder}, wall, hear)
        finally:
            with trio.CancelScope(shield=True):
                await _end(process)


async def _attend(
    process: trio.Process, job: Answer, wall: float, hear: Hear
) -> Ending:
    assert process.stdin
    assert process.stdout
    with trio.move_on_after(wall):
        with suppress(trio.BrokenResourceError):  # it ended before it had read all
            await process.stdin.send_all(json.dumps(job).encode() + b"\n")
        lines = Lines(process.stdout, 12 * job["answer"] + 1000)
        try:
            while (answer := await lines.receive()) is not None:
                if not hear(answer):
                    return Ending("enough")
        except ValueError:
            return Ending("garbled")
        return Ending("end", *await _last_words(process))
    return Ending("time")


async def _last_words(process: trio.Process) -> tuple[int | None, str]:
    """Read what the warden said, or whoever failed to start it."""
    assert process.stderr
    said = b""
    while piece := await process.stderr.receive_some():
        said = (said + piece)[-10_000:]
    text = said.decode(errors="replace").strip()
    try:
        facts = json.loads(text.partition("\n")[0] or "{}")
    except ValueError:
        return None, text
    return facts.get("status"), facts.get("cannot", "")


async def _end(process: trio.Process) -> None:
    """End the warden, which ends all the others."""
    assert process.stdin
    await process.stdin.aclose()
    with trio.move_on_after(2):
        await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    for stream in process.stdout, process.stderr:
        assert stream
        await stream.aclose()


@attrs.define
class Lines:
    """The answers out of a stream of bytes that hostile code may have written.

    Attributes:
        stream: Where they come from.
        longest: How many bytes one may have.

    """

    stream: trio.abc.ReceiveStream
    longest: int
    _rest: bytes = b""

    async def receive(self) -> Answer | None:
        """Receive the next, or None at the end.

        Raises:
            ValueError: It is no answer.

        """
        await trio.lowlevel.checkpoint()
        while b"\n" not in self._rest:
            if len(self._rest) > self.longest:
                raise ValueError("it is too long")
            piece = await self.stream.receive_some()
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer: Any = json.loads(line)
        except RecursionError as error:
            raise ValueError("it is too deep") from error
        if not isinstance(answer, dict):
            raise ValueError("it has no fields")  # noqa: TRY004 - the bytes are wrong
        return cast("Answer", answer)

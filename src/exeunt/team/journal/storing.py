"""Where a journal is kept: in a file, or in memory."""

import os
import sys
from pathlib import Path
from typing import Protocol

import trio

from .lines import HEAD, Record, read


class CannotRemember(Exception):
    """The disk does not take a record, so that what it tells must not be done.

    Make room on the disk and go on with the same journal: all earlier records are in
    it, and no part of this one.

    Attributes:
        record: The record that could not be written.

    """

    def __init__(self, record: Record, why: str) -> None:
        super().__init__(
            f"the journal cannot take record {record.n} ({record.kind}): {why};"
            " make room on the disk and go on with the same journal"
        )
        self.record = record


class JournalInUse(Exception):
    """Another process, or another part of this one, has the journal open."""


class Store(Protocol):
    """What keeps lines."""

    async def keep(self, line: bytes) -> None:
        """Keep a line for good, or raise OSError and keep nothing of it."""
        ...


class Memory:
    """Keeps no more than the journal itself does."""

    async def keep(self, line: bytes) -> None:  # noqa: ARG002
        """Have no file to keep a line in."""
        await trio.lowlevel.checkpoint()


class File:
    """Keeps lines in a file, which nobody else may have open as a journal.

    Attributes:
        records: What was in it when it was opened.

    Raises:
        BadJournal: Something else is in it.
        JournalInUse: Somebody else has it open.
        OSError: It cannot be opened.

    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600)
        try:
            _lock(self._file, path)
            content = path.read_bytes()
            self.records, self._length = read(content)
            if self._length < len(content):
                self._cut()
            if not self._length:
                self._write(HEAD.line)
                _make_known(path.parent)
        except BaseException:
            self.close()
            raise

    async def keep(self, line: bytes) -> None:
        """Keep a line; it is on the disk when this returns."""
        await trio.to_thread.run_sync(self._write, line)

    def close(self) -> None:
        """Let others have the file."""
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        try:
            os.lseek(self._file, self._length, os.SEEK_SET)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            self._cut()
            raise
        self._length += len(line)

    def _cut(self) -> None:
        os.ftruncate(self._file, self._length)
        os.fsync(self._file)


if sys.platform == "win32":
    import msvcrt

    _BINARY = os.O_BINARY

    def _lock(file: int, path: Path) -> None:
        # Far behind the end, since a locked byte cannot be read by others.
        os.lseek(file, 2**40, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            raise _in_use(path) from None

    def _make_known(_folder: Path) -> None:
        """Do nothing: a new file is known when it is flushed."""

else:
    import fcntl

    _BINARY = 0

    def _lock(file: int, path: Path) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _in_use(path) from None

    def _make_known(folder: Path) -> None:
        """See that a new file is still there after a power cut."""
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _in_use(path: Path) -> JournalInUse:
    return JournalInUse(f"{path} is open already: let that run end, or begin another")

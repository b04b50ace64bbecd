"""Files read and written in threads that a cancelled task leaves behind.

A terminal or a pipe can block for ever, and Trio cannot wait for it everywhere. So a
thread waits, in `os.read` or `os.write` themselves: whoever is stuck there holds no
lock, neither Ctrl-C nor the end of the program has to wait for it.
"""

import os
from contextlib import suppress
from io import FileIO

import trio

STDIN, STDOUT, STDERR = 0, 1, 2
_CHUNK = 64 * 1024


class CannotWrite(Exception):
    """Standard output takes no more, for the reason that the text gives."""


async def open_to_read(path: str) -> FileIO:
    """Open the file at *path*, or standard input for ``-``.

    Raises:
        OSError: there is no such file, or it may not be read.
    """
    file, close = (STDIN, False) if path == "-" else (path, True)
    # Opening a named pipe blocks until somebody opens its other end.
    return await trio.to_thread.run_sync(
        FileIO, file, "r", close, abandon_on_cancel=True
    )


async def read(file: FileIO) -> bytes:
    """Wait for some bytes and return them; none at all mean the end of the file.

    Raises:
        OSError: the file cannot be read.
    """
    return await trio.to_thread.run_sync(
        os.read, file.fileno(), _CHUNK, abandon_on_cancel=True
    )


async def show(line: str) -> None:
    """Write *line* to standard output, past every buffer.

    Raises:
        CannotWrite: nobody reads the output any more, its disk is full or the like.
    """
    try:
        await trio.to_thread.run_sync(_write, STDOUT, line, abandon_on_cancel=True)
    except OSError as error:
        raise CannotWrite(error.strerror) from error


async def report(line: str) -> None:
    """Write *line* to standard error."""
    await trio.to_thread.run_sync(report_now, line, abandon_on_cancel=True)


def report_now(line: str) -> None:
    """Write *line* to standard error, blocking if need be."""
    with suppress(OSError):  # there is nobody left to tell
        _write(STDERR, line)


def _write(file: int, line: str) -> None:
    data = f"{line}\n".encode(errors="backslashreplace")
    while data:
        data = data[os.write(file, data) :]

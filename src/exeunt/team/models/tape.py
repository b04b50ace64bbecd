"""What a cassette holds: a file with one exchange a line. Nothing of a network."""

import gzip
import json
import os
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, cast

import attrs

Asked = dict[str, Any]
"""A request as it stands on a tape: its method, path and body."""


def asked(method: str, path: str, content: bytes) -> Asked:
    """Return what tells a request from others: no host, and none of its headers."""
    try:
        body = json.loads(content)
    except ValueError:
        body = _text(content)
    return {"method": method, "path": path, "body": body}


def key_of(request: Asked) -> str:
    """Return one text for a request, however its JSON was laid out.

    The fields of its body may stand in any order. Not so the fields within them: a
    model fills in a schema in the order of the schema.
    """
    body = request["body"]
    if isinstance(body, dict):
        body = sorted(cast("dict[str, Any]", body).items())
    return json.dumps([request["method"], request["path"], body])


@attrs.frozen
class Exchange:
    """A request, and what was answered.

    Attributes:
        request: Who was asked what.
        status: The HTTP status.
        headers: Those of the answer that say how to take it.
        chunks: Its bytes, in the pieces in which they came.
        streamed: Whether the pieces matter.
        seconds: How long it took, to its last byte.

    """

    request: Asked
    status: int
    headers: dict[str, str]
    chunks: tuple[bytes, ...]
    streamed: bool
    seconds: float

    def line(self) -> bytes:
        """Return the line of this exchange, with its end."""
        texts = [_text(chunk) for chunk in self.chunks]
        said = {"chunks": texts} if self.streamed else {"body": "".join(texts)}
        record = {
            "request": self.request,
            "status": self.status,
            "headers": self.headers,
            **said,
            "seconds": round(self.seconds, 3),
        }
        text = json.dumps(record, ensure_ascii=False)
        # What is no UTF-8 became a lone surrogate, and that is how JSON writes one.
        return text.encode(errors="backslashreplace") + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Make an exchange of its line.

        Raises:
            ValueError: This is not the line of an exchange.

        """
        record: Any = json.loads(line)
        try:
            streamed = "chunks" in record
            texts = record["chunks"] if streamed else [record["body"]]
            return cls(
                record["request"],
                record["status"],
                record["headers"],
                tuple(_bytes(text) for text in texts),
                streamed,
                record["seconds"],
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None


@attrs.frozen
class Tape:
    """A file of exchanges, in JSON Lines; one whose name ends in ``.gz`` is read only.

    Each is a line of its own, so a program that dies while it writes tears one line,
    the last. A torn line is no part of the tape, and gives way to the next exchange.

    Args:
        path: Where it is.

    """

    path: Path = attrs.field(converter=Path)

    def read(self) -> defaultdict[str, deque[Exchange]]:
        """Return all exchanges by the `key_of` their requests, as they were added.

        Raises:
            OSError: The file cannot be read.
            ValueError: A line in the middle is no exchange.

        """
        found = defaultdict[str, deque[Exchange]](deque)
        for exchange in self._exchanges():
            found[key_of(exchange.request)].append(exchange)
        return found

    def _exchanges(self) -> Iterator[Exchange]:
        data = self.path.read_bytes()
        if self.path.suffix == ".gz":
            data = gzip.decompress(data)
        lines = data.split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                if line:
                    yield Exchange.read(line)
            except ValueError as error:
                if number < len(lines):  # the last one has no end: it is torn
                    raise ValueError(
                        f"line {number} of the tape {self.path} is no exchange:"
                        f" {error}. Mend it, or take it out."
                    ) from None

    def add(self, line: bytes) -> None:
        """Add the line of an exchange; it is in the file when this returns.

        Raises:
            OSError: The file cannot be written. The tape is as good as before.

        """
        with self.path.open("a+b", buffering=0) as file:
            file.truncate(_end_of_last_line(file.fileno()))
            file.write(line)


def _end_of_last_line(file: int) -> int:
    """Return how long a tape is without a line that has no end."""
    size = end = os.fstat(file).st_size
    while end and os.pread(file, 1, end - 1) != b"\n":
        end -= 1
    torn = os.pread(file, size - end, end)
    try:
        Exchange.read(torn)
    except ValueError:
        return end
    os.write(file, b"\n")  # somebody's editor has left the end out
    return size + 1


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")

r"""The lines of a journal, each with a checksum.

A line is a JSON object with its number ``n``, its ``kind``, its data, and at the end
``sum``, the CRC-32 of all that stands before it. The first line tells the format. A
line that its writer did not live to finish can only be the last one.
"""

import json
import zlib
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import attrs

HEADER = "exeunt-journal"
VERSION = 1


class BadJournal(Exception):
    """A file is no journal, or somebody else has written in it.

    Nothing has been changed in it. Take the journal from a copy, or begin another.

    Attributes:
        line: The number of the line that is wrong, from 1 on.

    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line} of the journal {why}; nothing has been changed")
        self.line = line


@attrs.frozen
class Record:
    """One thing that was done.

    Attributes:
        n: Its number; the first is 1.
        kind: What kind of thing it is.
        data: What there is to say about it, as JSON has it.

    """

    n: int
    kind: str
    data: Mapping[str, Any]

    @property
    def line(self) -> bytes:
        """The line that it is in a journal.

        Raises:
            TypeError: JSON has no such values.
            ValueError: Likewise.

        """
        whole = {"n": self.n, "kind": self.kind, **self.data}
        # Plain ASCII, so that half a surrogate pair of a model does no harm.
        text = json.dumps(whole, allow_nan=False, separators=(",", ":"))
        return f'{text[:-1]},"sum":{zlib.crc32(text.encode())}}}\n'.encode()


HEAD = Record(0, HEADER, MappingProxyType({"version": VERSION}))


def parse(line: bytes) -> Record | None:
    """Read a line; None if it is not as it was written."""
    body, mark, tail = line.rpartition(b',"sum":')
    text = body + b"}"
    if not mark or tail != b"%d}\n" % zlib.crc32(text):
        return None
    whole = json.loads(text)
    return Record(whole.pop("n"), whole.pop("kind"), MappingProxyType(whole))


def read(content: bytes) -> tuple[list[Record], int]:
    """Read a journal.

    Returns:
        Its records, and how many bytes they are. What comes after these is the last
        line, which was never finished.

    Raises:
        BadJournal: Anything but the last line is wrong.

    """
    if HEAD.line.startswith(content) and content != HEAD.line:
        return [], 0
    lines = BytesIO(content).readlines()
    _check_head(lines[0])
    records: list[Record] = []
    for number, line in enumerate(lines[1:], start=1):
        record = parse(line)
        if record is None and number == len(lines) - 1:
            return records, len(content) - len(line)
        if record is None:
            raise BadJournal(number + 1, "is not as it was written")
        if record.n != number:
            raise BadJournal(number + 1, f"has the number {record.n}, not {number}")
        records.append(record)
    return records, len(content)


def _check_head(line: bytes) -> None:
    head = parse(line)
    if head is None or head.kind != HEADER:
        raise BadJournal(1, "is no beginning of a journal")
    version = head.data.get("version")
    if version != VERSION:
        raise BadJournal(1, f"is of version {version}, and this reads {VERSION}")

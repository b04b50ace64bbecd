"""An append-only journal: what is in it has been done, and is not done again."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import trio

from .lines import HEAD, Record, parse, read
from .storing import CannotRemember, File, Memory, Store

_KEY = "key"
_VALUE = "value"


class Journal:
    """Records in the order in which they were appended, those of earlier runs first.

    `open` and `in_memory` make one.

    Attributes:
        records: All of them.

    """

    def __init__(self, store: Store, records: list[Record]) -> None:
        self.records = records
        self._store = store
        self._turn = trio.Lock()
        self._at_work: dict[tuple[str, str], trio.Lock] = {}
        self._known: dict[tuple[str, str], Any] = {}
        for record in records:
            self._learn(record)

    @classmethod
    @asynccontextmanager
    async def open(cls, path: str | PathLike[str]) -> AsyncGenerator["Journal"]:
        """Have the journal in a file; a new one, if there is no such file.

        A last line that its writer did not live to finish is cut off.

        Args:
            path: Where it is. Nobody else may have it open; the file is only yours to
                read, since all that the models said stands in it.

        Returns:
            A context manager that gives a `Journal`.

        Raises:
            BadJournal: There is something else in the file, or a line is wrong.
            JournalInUse: Somebody else has it open.
            OSError: The file cannot be opened.

        Example::

            async with Journal.open("run.jsonl") as journal:
                plan = await journal.remember("plan", "slugify", make_a_plan)

        """
        store = await trio.to_thread.run_sync(File, Path(path))
        try:
            yield cls(store, store.records)
        finally:
            store.close()

    @classmethod
    def in_memory(cls, content: bytes = b"") -> "Journal":
        """Have a journal for as long as the program runs, and no file.

        Use it in virtual time, too: a clock that jumps does not wait for a disk.

        Args:
            content: What another journal's file has in it.

        Raises:
            BadJournal: This is no journal.

        """
        records, _ = read(content)
        return cls(Memory(), records)

    async def append(self, kind: str, /, **data: Any) -> Record:
        """Write a record down; it is on the disk when this returns.

        If this is cancelled, there is no record: once it is being written, it is
        not cancelled any more.

        Args:
            kind: What kind of thing it is about.
            data: What there is to say, as values that JSON has. *n*, *kind* and *sum*
                are the journal's own words.

        Returns:
            The record, as the next run will read it.

        Raises:
            CannotRemember: The disk does not take it.
            TypeError: JSON has no such values.
            ValueError: Likewise.

        """
        if data.keys() & {"n", "kind", "sum"}:
            raise ValueError("n, kind and sum are the journal's own words")
        async with self._turn:
            record = Record(len(self.records) + 1, kind, MappingProxyType(data))
            line = record.line
            try:
                await self._store.keep(line)
            except OSError as error:
                raise CannotRemember(record, str(error)) from error
            # From its line, so that both runs see the same: lists, not tuples.
            known = parse(line)
            assert known is not None
            self.records.append(known)
            self._learn(known)
            return known

    async def remember(
        self, kind: str, key: str, work: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Return the value from the journal, or do the work and write its value down.

        The same work is done by one task at a time: others wait for its value, and if
        it fails or is cancelled, the next of them does it.

        Args:
            kind: What kind of work it is.
            key: Which work of that kind; another key is other work.
            work: An async function that does it. Its value has to be one of JSON; a
                tuple comes out as a list, this time and the next.

        Raises:
            CannotRemember: The disk does not take it. The work has been done, but what
                came of it is not in the journal, and so must not be built upon.
            TypeError: JSON has no such value.
            ValueError: Likewise.
            Exception: Whatever the work raises. Nothing is written down then.

        """
        name = kind, key
        with self._place(name) as place:
            async with place:
                if name not in self._known:
                    await self.append(kind, **{_KEY: key, _VALUE: await work()})
                return self._known[name]

    def recall(self, kind: str, key: str) -> Any:
        """Return what `remember` would without any work, or None.

        Args:
            kind: As for `remember`.
            key: As for `remember`.

        """
        return self._known.get((kind, key))

    @property
    def content(self) -> bytes:
        """What its file has in it."""
        return b"".join(record.line for record in (HEAD, *self.records))

    def of_kind(self, kind: str) -> Iterator[Record]:
        """Iterate over the records of a kind."""
        return (record for record in self.records if record.kind == kind)

    @contextmanager
    def _place(self, name: tuple[str, str]) -> Generator[trio.Lock]:
        """Have the lock of some work for as long as anybody wants it done."""
        place = self._at_work.setdefault(name, trio.Lock())
        try:
            yield place
        finally:
            if not place.locked():
                self._at_work.pop(name, None)

    def _learn(self, record: Record) -> None:
        if _KEY in record.data and _VALUE in record.data:
            name = record.kind, record.data[_KEY]
            self._known.setdefault(name, record.data[_VALUE])

"""How far a long exploration is. The only file of exeunt that needs tqdm."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """Shows how far something is."""

    def update(self, n: int, /) -> object:
        """Go on by *n*."""
        ...


class _NoBar:
    def update(self, n: int, /) -> None:
        pass


@contextmanager
def progress(title: str, total: int | None, shown: bool | None) -> Generator[Bar]:
    """Show how far something of *total* parts is, on the error stream.

    Args:
        title: what is going on.
        total: how many parts it has, if known.
        shown: whether to show it; if None, where a person looks on.
    """
    if shown or (shown is None and sys.stderr.isatty()):
        try:
            from tqdm import tqdm  # noqa: PLC0415 - it may be missing
        except ImportError:
            yield _NoBar()
        else:
            with tqdm(total=total, desc=title, unit=" runs", leave=False) as bar:
                yield bar
    else:
        yield _NoBar()

"""What has been recorded, and all that can be made of it."""

import linecache
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import attrs

from .._model.events import Event, StoodAt
from .lines import Header, from_lines, to_lines


@attrs.frozen
class Recording:
    """What happened in a run, from the first event to the last."""

    events: tuple[Event, ...]
    """In their total order."""
    header: Header = attrs.field(factory=Header)
    """What is known of it as a whole."""

    def save(self, path: str | Path) -> None:
        """Write it to a file, as JSON Lines.

        Args:
            path: the file, which is overwritten.

        Raises:
            OSError: the file cannot be written.
        """
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(to_lines(self.header, self.events))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` has written.

        Args:
            path: the file.

        Raises:
            BadRecording: the file is no recording.
            OSError: the file cannot be read.
        """
        with Path(path).open(encoding="utf-8") as file:
            header, events = from_lines(file)
        return cls(tuple(events), header)


def sources_of(events: Iterable[Event]) -> dict[str, str]:
    """Return the texts of the files in which somebody stood."""
    files = {event.file: None for event in events if isinstance(event, StoodAt)}
    return {file: "".join(linecache.getlines(file)) for file in files}

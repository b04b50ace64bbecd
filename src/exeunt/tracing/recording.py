"""What has been recorded, and all that can be made of it."""

from pathlib import Path
from typing import Self

import attrs

from .._model.events import Event
from ..pictures.chrome_trace import chrome_trace
from ..pictures.mermaid import mermaid
from ..pictures.player.player import player
from ..pictures.story import story
from ..pictures.svg.picture import picture
from .lines import Header, from_lines, to_lines


@attrs.frozen
class Recording:
    """What happened in a run, from the first event to the last."""

    events: tuple[Event, ...]
    """In their total order."""
    header: Header = attrs.field(factory=Header)
    """What is known of it as a whole."""

    def picture(self, *, window: tuple[float, float] | None = None) -> str:
        """Draw it: time goes right, one lane for each agent.

        The picture stands alone, and fits light pages and dark ones. The same recording
        gives the same text.

        Args:
            window: the part that is drawn in full, in seconds from the beginning; if
                not given, all of it, or of a long run what says the most.

        Returns:
            The text of an SVG file.

        Example::

            Path("run.svg").write_text(recording.picture(), encoding="utf-8")
        """
        return picture(self.events, title=self.header.title, window=window)

    def _repr_svg_(self) -> str:
        """Be a picture in a notebook."""
        return self.picture()

    def story(self) -> str:
        """Tell it in plain words, a line for what belongs together.

        Returns:
            Lines of at most 88 letters.

        Example::

            print(recording.story())
        """
        return story(self.events, title=self.header.title)

    def player(self) -> str:
        """Make a page on which it is played, event by event.

        The page shows the picture, the story and, if there are places in the recording,
        the program, and needs nothing besides. Keys: left and right for a step, space
        to play and to pause.

        Returns:
            The text of an HTML file.

        Example::

            Path("run.html").write_text(recording.player(), encoding="utf-8")
        """
        header = self.header
        return player(self.events, title=header.title, sources=header.sources)

    def mermaid(self) -> str:
        """Give it as a sequence diagram, for pages that draw Mermaid.

        Returns:
            What goes into a block marked ``mermaid``.

        Example::

            print(recording.mermaid())
        """
        return mermaid(self.events, title=self.header.title)

    def chrome_trace(self) -> str:
        """Give it to tools that measure, such as Perfetto or ``chrome://tracing``.

        Returns:
            The text of a JSON file of trace events.

        Example::

            Path("run.json").write_text(recording.chrome_trace(), encoding="utf-8")
        """
        return chrome_trace(self.events, title=self.header.title)

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
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            header, events = from_lines(file)
        return cls(tuple(events), header)

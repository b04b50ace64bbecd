"""The file into which a run is drawn; its ending says how."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap

import attrs

from ..pictures.headline import headline
from ..pictures.scene import Scene
from ..tracing import Recording
from ..tracing.lines import to_lines
from ._loading import Unusable


def _lines(recording: Recording) -> str:
    return "".join(to_lines(recording.header, recording.events))


_ENDINGS: dict[str, tuple[str, Callable[[Recording], str]]] = {
    ".svg": ("a picture", lambda recording: recording.picture()),
    ".html": ("a player, which goes step by step", lambda it: it.player()),
    ".txt": ("a story in words", lambda recording: recording.story()),
    ".mmd": ("a Mermaid diagram", lambda recording: recording.mermaid()),
    ".json": ("a Chrome trace, for Perfetto", lambda it: it.chrome_trace()),
    ".jsonl": ("a recording, to be drawn later", _lines),
}
ENDINGS = "\n".join(f"  {ending:<8} {what}" for ending, (what, _) in _ENDINGS.items())


@attrs.frozen
class Target:
    """A file that is to be written."""

    path: Path

    @classmethod
    def checked(cls, path: Path) -> "Target":
        """Return the target *path*, if it can be one.

        Raises:
            Unusable: the file cannot be written, or its ending means nothing.
        """
        folder = path.parent
        if path.suffix not in _ENDINGS:
            known = ", ".join(_ENDINGS)
            raise Unusable(f"{path}: the ending says what to write, one of {known}")
        if not folder.is_dir():
            raise Unusable(f"{path} cannot be written: there is no folder {folder}")
        if path.is_dir():
            raise Unusable(f"{path} cannot be written: it is a folder")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise Unusable(f"{path} cannot be written: Permission denied")
        return cls(path)

    def write(self, recordings: Sequence[Recording]) -> list[Path]:
        """Write each into a file of its own, numbered if there are several.

        Raises:
            Unusable: a file cannot be written.
        """
        _, drawn = _ENDINGS[self.path.suffix]
        paths = [
            self._numbered(place, len(recordings)) for place in range(len(recordings))
        ]
        for path, recording in zip(paths, recordings, strict=True):
            try:
                path.write_text(drawn(recording), encoding="utf-8", newline="\n")
            except OSError as error:
                raise Unusable(f"{path} cannot be written: {error.strerror}") from None
        return paths

    def _numbered(self, place: int, count: int) -> Path:
        stem = self.path.stem
        return self.path if count == 1 else self.path.with_stem(f"{stem}-{place + 1}")


def summary(recording: Recording) -> str:
    """Say what is to be known of a run at once."""
    said = "; ".join(headline(Scene.of(recording.events)))
    title = recording.header.title or "A run"
    lines = wrap(f"{title}: {said}.", 88, subsequent_indent="  ")
    if recording.header.lost:
        lines.append("  It is longer than what is held: its beginning is missing.")
    if recording.header.cut:
        lines.append("  The recording breaks off: what came after was not saved.")
    return "\n".join(lines)

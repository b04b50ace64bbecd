"""Failing tests are drawn: their run as a picture, as a player and as a story."""

import re
from collections import deque
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
import pytest

from ...tracing import Recording
from ..exploring.showing import Shown
from .backstage import without_backstage
from .conducting import Films

Wanted: TypeAlias = Literal["auto", "failures", "all", "no"]
WANTED: Sequence[Wanted] = ("auto", "failures", "all", "no")

TITLE = "exeunt: the run"
_FOLDER = ".exeunt"
_ENDINGS = (".svg", ".html", ".txt")
_STRANGE = re.compile(r"[^\w.,=+\[\]-]")
_LONGEST = 100  # letters of a file's name, without its ending


@attrs.frozen
class Drawing:
    """What is drawn, and where.

    Attributes:
        wanted: which tests are drawn. "auto": those that fail, of which a run is made
            only to be shown; nothing is recorded before a test has failed.
        folder: where the files go.
        ignored: whether version control should not see the folder.
        here: from where paths are told.
    """

    wanted: Wanted
    folder: Path
    ignored: bool
    here: Path

    @classmethod
    def of(cls, config: pytest.Config) -> "Drawing":
        """Return what the options say."""
        here, where = config.invocation_params.dir, config.getoption("--draw-to")
        folder = config.rootpath / _FOLDER if where is None else here / where
        wanted: Any = config.getoption("--draw")
        return cls(wanted, folder, where is None, here)


@attrs.frozen
class Sheet:
    """What is drawn of one test.

    Attributes:
        drawing: what is drawn at all.
        item: the test.
        runs: the last of its runs that was shown, if there was one.
    """

    drawing: Drawing
    item: pytest.Item
    runs: deque[Shown] = attrs.field(factory=lambda: deque[Shown](maxlen=1))

    @property
    def films(self) -> Films | None:
        """Which runs are recorded although nothing has failed yet."""
        wanted = self.drawing.wanted
        return (
            "every" if wanted == "all" else "failing" if wanted == "failures" else None
        )

    @property
    def films_again(self) -> Films | None:
        """Which runs are recorded of those that are made to be shown."""
        return self.films or (None if self.drawing.wanted == "no" else "failing")

    def clear(self) -> None:
        """Remove what was drawn before."""
        if self.drawing.wanted != "no" and self.drawing.folder.is_dir():
            for path in self._paths():
                path.unlink(missing_ok=True)

    def draw(self, report: pytest.TestReport, steps: str = "") -> None:
        """Draw the last run, if that is due, and say so in the report.

        Args:
            report: of a phase of the test.
            steps: what is told of that run, unless it says so itself.
        """
        wanted = self.drawing.wanted
        ends = wanted == "all" and report.when == "call"
        if wanted == "no" or not self.runs or not (report.failed or ends):
            return
        shown = self.runs.pop()
        try:
            told = self._write(shown.recording, shown.steps or steps)
        except Exception as error:  # the report of a failure must not suffer by it
            told = f"It could not be drawn: {error}"
        report.sections.append((TITLE, told))

    def _write(self, film: Recording, steps: str) -> str:
        recording = without_backstage(film, self.item.name)
        paths, drawing = self._paths(), self.drawing
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        if drawing.ignored:
            (drawing.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        texts = (recording.picture(), recording.player(), _story(recording, steps))
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
        try:
            told = paths[0].relative_to(drawing.here)
        except ValueError:
            told = paths[0]
        return f"Drawn in {told}; .html goes step by step, .txt tells it."

    def _paths(self) -> list[Path]:
        file, _, test = self.item.nodeid.partition("::")
        folder = self.drawing.folder.joinpath(*map(_plain, file.split("/")))
        name = _plain(test.replace("::", "."))
        return [folder / f"{name}{ending}" for ending in _ENDINGS]


def _plain(name: str) -> str:
    """Return a name for a file: another one for each name."""
    plain = _STRANGE.sub("-", name)[:_LONGEST]
    if plain == name and plain.strip("."):
        return plain
    return f"{plain.strip('.')}-{sha256(name.encode()).hexdigest()[:8]}"


def _story(recording: Recording, steps: str) -> str:
    told = recording.story()
    return f"{told}\nStep by step:\n{steps}\n" if steps else told

"""Pictures of runs: of programs that stand in the documentation, in their pages.

A page has a directive ``picture``, whose argument is an async function. The page's
``python`` blocks above it run from the top, as they do in the tests, in virtual time;
then the function is recorded, and the recording is drawn.

``python docs/_ext/gallery_pictures.py`` writes down what all pictures look like, in
``pictures.sha256`` beside this file, and draws the README's. A test sees to it that
both are up to date. When it says that a picture has changed: look at it, and run this.
"""

import logging
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, redirect_stdout
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trio
from trio.testing import MockClock

from exeunt.tracing import record

DOCS = Path(__file__).resolve().parent.parent
DIGESTS = DOCS / "_ext" / "pictures.sha256"
README = DOCS / "_static" / "run.svg"
README_SHOWS = "gallery", "feature"
"""The page and the function of the picture that is kept for the README."""

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"^```\{picture\} (\w+)\n(?::title: (.*)\n)?", re.MULTILINE)


def draw(page: str, name: str, title: str) -> str:
    """Return the picture of the function that the blocks above it have defined.

    Args:
        page: its path in the documentation, without its ending.
        name: what the function is called.
        title: what stands over the picture.
    """
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    place = re.search(rf"^```\{{picture\}} {name}$", text, re.MULTILINE)
    assert place is not None
    with _in_silence():
        names = _run(page, text[: place.start()])
        return record(names[name], title=title).picture()


def pictures() -> Iterator[tuple[str, str]]:
    """Give the picture of each directive, after its page and its function."""
    for path in sorted(DOCS.glob("**/*.md")):
        page = path.relative_to(DOCS).with_suffix("").as_posix()
        for found in _PICTURE.finditer(path.read_text(encoding="utf-8")):
            name, title = found.groups()
            yield f"{page} {name}", draw(page, name, title or name)


def digest(picture: str) -> str:
    """Return a few letters that tell this picture from any other."""
    return sha256(picture.encode()).hexdigest()


def _run(page: str, text: str) -> dict[str, Any]:
    """Run the blocks of a page, and return the names that they define."""
    names: dict[str, Any] = {"__name__": "__main__"}
    path = DOCS / f"{page}.md"  # where the recorder looks lines up
    for block in _BLOCK.finditer(text):
        above = text.count("\n", 0, block.start(1))
        exec(compile("\n" * above + block[1], path, "exec"), names)  # noqa: S102
    return names


@contextmanager
def _in_silence() -> Generator[None]:
    """Let nobody wait, print or log."""
    trio_run: Callable[..., object] = trio.run

    def run(*args: Any, **options: Any) -> object:
        clock = MockClock(autojump_threshold=0)
        return trio_run(*args, **({"clock": clock} | options))

    before = logging.root.manager.disable
    logging.disable()
    try:
        with redirect_stdout(StringIO()), patch.object(trio, "run", run):
            yield
    finally:
        logging.disable(before)


def main() -> None:
    """Write down what all pictures look like."""
    with DIGESTS.open("w", encoding="utf-8", newline="\n") as file:
        for name, picture in pictures():
            file.write(f"{digest(picture)} {name}\n")
            if tuple(name.split()) == README_SHOWS:
                README.write_text(picture, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

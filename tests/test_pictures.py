"""The pictures in the documentation show what happens now."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def test_the_picture_of_leaving_is_what_its_runs_look_like() -> None:
    program = "import leaving; print(leaving.picture(), end='')"
    drawn = subprocess.run(
        [sys.executable, "-c", program],
        cwd=DOCS / "_ext",
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    stored = (DOCS / "_static" / "leaving.svg").read_text(encoding="utf-8")
    assert drawn.stdout == stored

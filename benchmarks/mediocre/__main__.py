"""``python -m benchmarks.mediocre``: all tables; ``--write`` puts them on the page.

``--judge`` runs every recorded answer anew, shut in, which takes some minutes.
"""

import re
import sys
from pathlib import Path

import trio

from . import tables
from .judging import judge_all, judged
from .tape import answers

PAGE = Path(__file__).parents[2] / "docs/explanation/mediocre-workers.md"


def made() -> dict[str, str]:
    """Make all tables, by their names."""
    verdicts = judged()
    found = {name: make(verdicts) for name, make in tables.TABLES.items()}
    return {**found, "votes": tables.votes(), "admission": tables.admission()}


def written(page: str, texts: dict[str, str]) -> str:
    """Put the tables where the page has their marks."""
    for name, text in texts.items():
        mark = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        before, opening, closing, after = mark.split(page)
        page = f"{before}{opening}\n{text}\n\n{closing}{after}"
    return page


def main(words: list[str]) -> None:
    """Judge if asked, print, and write if asked."""
    if "--judge" in words:
        trio.run(judge_all, answers())
    texts = made()
    if "--write" in words:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(page, texts), encoding="utf-8")
    for name, text in texts.items():
        print(f"\n{name}\n\n{text}")


if __name__ == "__main__":
    main(sys.argv[1:])

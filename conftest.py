"""Every Python example in the documentation and in the docstrings runs here.

*In Markdown* each ```` ```python ```` block is a test. The blocks of one page run from top
to bottom and share their names, as in one session. What a block prints has to stand
in a ```` ```text ```` block that follows it, letter by letter; so nothing is printed that is
not checked. Time is virtual: `trio.run` gets a clock that jumps ahead when everybody
sleeps, so an example may sleep for a minute, and one that hangs fails at once.

*In docstrings* each indented block after ``Example::`` is a test. Such an example is a
fragment: it speaks of a service or a nursery that it does not define. It is put, as it
stands, into a frame, a small program which provides those names and which checks
afterwards what the fragment has done. The frames are at the end of this file.
"""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from unittest.mock import patch

import trio
from sybil import Document, Example, Region, Sybil
from sybil.document import PythonDocStringDocument
from trio.testing import MockClock

FENCED = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$", re.M | re.S)
EXAMPLE = re.compile(r"^(?P<indent> *)Example::\n(?P<text>(?:\n|(?P=indent) +.*\n?)+)", re.M)
PLACE = re.compile(r"^( *)<example>$", re.M)


def markdown_examples(document: Document) -> Iterator[Region]:
    """Find the Python blocks, each with what it is said to print."""
    blocks = list(FENCED.finditer(document.text))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block["language"].strip() == "python":
            shown = after is not None and after["language"].strip() == "text"
            expected = after["text"] if after is not None and shown else ""
            yield Region(
                block.start(), block.end(), (block["text"], expected), run_block
            )


def run_block(example: Example) -> str | None:
    """Run one block of a page and compare what it prints with what the page says."""
    source, expected = example.parsed
    example.namespace.setdefault("__name__", "__main__")
    printed = StringIO()
    with redirect_stdout(printed), patch.object(trio, "run", run_in_virtual_time):
        execute(source, example, example.namespace)
    if printed.getvalue() == expected:
        return None
    return (
        "The example does not print what the page says.\n"
        f"It prints:\n{indent(printed.getvalue() or '(nothing)', '    ')}\n"
        f"The ```text block after it says:\n{indent(expected or '(no such block)', '    ')}"
    )


def run_in_virtual_time(
    main: Callable[..., Awaitable[object]], *args: Any, **options: Any
) -> object:
    """Be `trio.run`, on a clock that jumps, with an end for what would hang."""

    async def within_a_day() -> object:
        with trio.fail_after(86_400):
            return await main(*args)

    options.setdefault("clock", MockClock(autojump_threshold=0))
    return really_run(within_a_day, **options)


really_run = trio.run


def docstring_examples(docstring: Document) -> Iterator[Region]:
    """Find the fragments after ``Example::``."""
    for found in EXAMPLE.finditer(docstring.text):
        yield Region(found.start(), found.end(), dedent(found["text"]), run_fragment)


def run_fragment(example: Example) -> None:
    """Put a fragment into its frame and run the whole."""
    frame = dedent(FRAMES.get(owner_of(example), ANY_FRAGMENT))
    source = PLACE.sub(lambda place: indent(example.parsed, place[1]), frame)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(CAST, names)  # noqa: S102 - it is our own
    execute(source, example, names)
    trio.run(names["main"])

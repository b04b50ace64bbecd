"""Every Python example in the documentation and in the docstrings runs here.

*In Markdown* each block marked ``python`` is a test. The blocks of one page run from
top to bottom and share their names, as in one session. What a block prints has to stand
in a block marked ``text`` right after it, letter by letter, so nothing is printed that
is not checked. Time is virtual: `trio.run` gets a clock that jumps ahead when everybody
sleeps, so an example may sleep for a minute, and one that hangs fails at once.

*In docstrings* each indented block after ``Example::`` is a test. Such an example is a
fragment: it speaks of a service or a nursery that it does not define. So it is put, as
it stands, into a frame: a small program that provides those names and checks afterwards
what the fragment has done. A fragment without a frame is taken for a program.

The file is longer than the budget for one because the frames are best read next to
what fills them.
"""

import ast
import linecache
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from itertools import zip_longest
from textwrap import dedent, indent
from traceback import format_exception
from types import CodeType
from typing import Any
from unittest.mock import patch

import trio
from sybil import Document, Example, Region, Sybil
from sybil.document import PythonDocStringDocument
from trio.testing import MockClock

BLOCK = re.compile(
    r"^(?P<fence>`{3,}) *(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
FRAGMENT = re.compile(r"^( *)Example::\n\n?(?P<text>(?:\1 +.+\n|\n)+)", re.MULTILINE)

trio_run = trio.run


def blocks_of(page: Document) -> Iterator[Region]:
    """Find the Python blocks of a page, each with what it is said to print."""
    blocks = list(BLOCK.finditer(page.text))
    for block, after in zip_longest(blocks, blocks[1:]):
        if block["language"].strip() == "python":
            shows = after is not None and after["language"].strip() == "text"
            said = after["text"] if after is not None and shows else ""
            yield Region(block.start(), block.end(), (block["text"], said), run_block)


def run_block(example: Example) -> str | None:
    """Run one block, and compare what it prints with what the page says."""
    source, said = example.parsed
    code = compile("\n" * example.line + source, example.path, "exec")
    example.namespace.setdefault("__name__", "__main__")
    with (
        redirect_stdout(StringIO()) as out,
        patch.object(trio, "run", run_in_virtual_time),
    ):
        failure = execute(code, example.namespace)
    printed = out.getvalue()
    if failure or printed == said:
        return failure
    return (
        "What the block prints has to be the text of the ```text block after it.\n"
        f"It prints:\n{indent(printed or '(nothing)', '    ')}\n"
        f"The page says:\n{indent(said or '(no such block follows)', '    ')}"
    )


def run_in_virtual_time(
    main: Callable[..., Awaitable[object]], *args: Any, **options: Any
) -> object:
    """Be `trio.run` on a clock that jumps, where nothing hangs for ever."""

    async def within_a_day() -> object:
        with trio.fail_after(24 * 60 * 60):
            return await main(*args)

    options.setdefault("clock", MockClock(autojump_threshold=0))
    return trio_run(within_a_day, **options)


def fragments_of(docstring: Document) -> Iterator[Region]:
    """Find the examples of a docstring."""
    for found in FRAGMENT.finditer(docstring.text):
        yield Region(found.start(), found.end(), dedent(found["text"]), run_fragment)


def run_fragment(example: Example) -> str | None:
    """Put a fragment into its frame and run the whole."""
    owner = owner_of(example)
    source = framed(example.parsed, owner)
    filename = f"<{owner}'s example, in its frame>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = len(source), None, lines, filename
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(CAST, names)  # noqa: S102 - as in execute()
    return execute(compile(source, filename, "exec"), names)


def owner_of(example: Example) -> str:
    """Return the qualified name of what the example is the docstring of."""
    around = [
        node
        for node in ast.walk(ast.parse(example.document.text))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.lineno <= example.line <= (node.end_lineno or 0)
    ]
    return ".".join(node.name for node in sorted(around, key=lambda node: node.lineno))


def framed(fragment: str, owner: str) -> str:
    """Return the program that stands around the fragment, with the fragment in it."""
    if owner in IN_A_NURSERY:
        return fill(NURSERY, fill(dedent(IN_A_NURSERY[owner]), fragment))
    return fill(dedent(PROGRAMS.get(owner, "...")), fragment)


def fill(frame: str, fragment: str) -> str:
    """Put the fragment in the place of the line ``...``, as deep as that stands."""
    return re.sub(
        r"^( *)\.\.\.$",
        lambda place: indent(fragment, place[1]),
        frame,
        count=1,
        flags=re.MULTILINE,
    )


def execute(code: CodeType, names: dict[str, Any]) -> str | None:
    """Run *code*, and return what failed if Sybil could not show it."""
    try:
        exec(code, names)  # noqa: S102 - our own documentation
    except BaseExceptionGroup as group:
        return "".join(format_exception(group))
    return None


class Docstrings(PythonDocStringDocument):
    """The docstrings of a module, which is not imported for them."""

    def __init__(self, text: str, path: str) -> None:
        Document.__init__(self, text, path)


pytest_collect_file = (
    Sybil([blocks_of], patterns=["README.md", "docs/*.md", "docs/*/*.md"])
    + Sybil(
        [fragments_of],
        patterns=["src/exeunt/*.py", "src/exeunt/*/*.py"],
        document_types={".py": Docstrings},
    )
).pytest()


# What the fragments speak of without saying what it is.
CAST = """
import pathlib, tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs
import trio
from hypothesis import given

from exeunt import *
from exeunt.exceptions import *
from exeunt.testing import *
from exeunt.testing.strategies import *

Set = attrs.make_class("Set", ["value"], frozen=True)
Add = attrs.make_class("Add", ["number"], frozen=True)
Frame = attrs.make_class("Frame", ["pixels"], frozen=True)
Balance = attrs.make_class("Balance", ["account"], (Request,), frozen=True)
class Get(Request[int]): ...
class Total(Request[int]): ...
class Render(Request[str]): ...

class Service(Agent[Set | Get]):
    value = 0
    async def handle(self, message):
        if isinstance(message, Set):
            self.value = message.value
        return self.value

class Bank(Agent[Balance]):
    async def handle(self, message):
        return {"alice": 70}[message.account]

class Log(Agent[str]):
    async def handle(self, message): ...

class Display(Log): ...
"""

NURSERY = """
async def main():
    async with trio.open_nursery() as nursery:
        ...

trio.run(main)
"""

IN_A_NURSERY = {
    "Handle.send": """
        async with await start(nursery, Service) as service:
            ...
            assert await service.ask(Get()) == 42
        """,
    "Handle.send_nowait": """
        async with await start(nursery, Display, capacity=1) as display:
            for pixels in b"first", b"next":
                ...
        assert display.outcome.ledger.handled == 1
        """,
    "Handle.ask": """
        async with await start(nursery, Bank) as bank:
            ...
            assert balance == 70
        """,
    "Handle.stop": """
        service = await start(nursery, Service)
        ...
        assert outcome.reason is Reason.STOPPED
        """,
    "Handle.cancel": """
        service = await start(nursery, Service)
        ...
        assert (await service.wait_closed()).cancel_reason == "the user has left"
        """,
    "Handle.statistics": """
        async with await start(nursery, Service) as service:
            service.send_nowait(Set(42))
            ...
            assert figures.waiting == 1
        """,
    "Handle.aclose": """
        ...
        assert service.outcome.reason is Reason.STOPPED
        """,
    "Handle.wait_closed": """
        service = await start(nursery, Service)
        await service.send(Set(42))
        service.cancel()
        ...
        assert message == Set(42)
        """,
    # The nursery of this one would stay open, as its service is never stopped.
    "start": """
        ...
            await service.aclose()
        assert service.name == "service"
        """,
    "start_soon": """
        ...
        async with log:
            await log.send("a line")
        assert log.outcome.ledger.handled == 1
        """,
    "Agent.lifespan": """
        class Log(Agent[str]):
            def __init__(self, path):
                self.path = path

            ...

            async def handle(self, message):
                await self.file.write(message)

        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "log.txt")
            async with await start(nursery, Log, path) as log:
                await log.send("a line")
            assert path.read_text() == "a line"
        """,
    "Context.defer": """
        class Painter(Agent[Render]):
            @asynccontextmanager
            async def lifespan(self):
                async with trio.open_nursery() as self.nursery:
                    yield

            async def handle(self, message):
                match message:
                    ...

            async def render(self, request, reply):
                reply.send("a picture")

        async with await start(nursery, Painter) as painter:
            assert await painter.ask(Render()) == "a picture"
        """,
}

PROGRAMS = {
    "Schedule": """
        ran = []

        async def main():
            ran.append("once")

        ...
        assert ran == ["once"]
        """,
    "schedules": """
        async def scenario():
            async with trio.open_nursery() as nursery:
                async with await start(nursery, Service) as service:
                    await service.send(Set(42))

        ...
        test_nothing_gets_lost()
        """,
}

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
import logging
import re
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent, indent
from traceback import format_exception
from types import CodeType
from typing import Any
from unittest import SkipTest
from unittest.mock import patch

import trio
from hypothesis import settings
from sybil import Document, Example, Region, Sybil
from sybil.document import PythonDocStringDocument
from trio.testing import MockClock

BLOCK = re.compile(
    r"^(?P<fence>`{3,}) *(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
FRAGMENT = re.compile(r"^( *)Example::\n\n?(?P<text>(?:\1 +.+\n|\n)+)", re.MULTILINE)

trio_run = trio.run

# A clock that jumps ahead does not wait for threads and processes.
REAL_TIME = {"team.md", "do-blocking-work.md", "find-out-who-waits.md"}


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
    run = trio_run if Path(example.path).name in REAL_TIME else run_in_virtual_time
    with (
        redirect_stdout(StringIO()) as out,
        patch.object(trio, "run", run),
        the_same_draws(),
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


@contextmanager
def the_same_draws() -> Generator[None]:
    """Have Hypothesis draw the same each time, so that a page shows what it prints."""
    before = settings.get_current_profile_name()
    settings.register_profile("pages", settings(derandomize=True, database=None))
    settings.load_profile("pages")
    try:
        yield
    finally:
        settings.load_profile(before)


def run_in_virtual_time(
    main: Callable[..., Awaitable[object]], *args: Any, **options: Any
) -> object:
    """Be `trio.run` on a clock that jumps, where nothing hangs for ever."""
    if "clock" in options:
        return trio_run(main, *args, **options)

    async def within_a_day() -> object:
        with trio.fail_after(24 * 60 * 60):
            return await main(*args)

    clock = MockClock(autojump_threshold=0)
    return trio_run(within_a_day, clock=clock, **options)


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
    except ImportError as error:
        if "exeunt[" not in str(error):
            raise
        raise SkipTest(str(error)) from None  # an extra that is not installed
    return None


class Docstrings(PythonDocStringDocument):
    """The docstrings of a module, which is not imported for them."""

    def __init__(self, text: str, path: str) -> None:
        Document.__init__(self, text, path)


pytest_collect_file = (
    Sybil(
        [blocks_of],
        patterns=["README.md", "docs/*.md", "docs/*/*.md"],
        teardown=lambda _: logging.disable(logging.NOTSET),  # a page may, for itself
    )
    + Sybil(
        [fragments_of],
        patterns=["src/exeunt/*.py", "src/exeunt/*/*.py", "src/exeunt/*/*/*.py"],
        document_types={".py": Docstrings},
    )
).pytest()


# What the fragments speak of without saying what it is.
CAST = """
import contextlib, pathlib, tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs
import trio
from hypothesis import given

from exeunt import *
from exeunt.exceptions import *
from exeunt.stalls import *
from exeunt.testing import *
from exeunt.testing.strategies import *
from exeunt.testing.machine import *

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

class Search(Request[str], linked=True):
    def __init__(self, words):
        self.words = words

class Library(Agent[Search]):
    async def handle(self, message):
        return message.words.upper()

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
    "live_spans": """
        from exeunt.telemetry.otel import live_spans

        ...
        await service.aclose()
        """,
    "Pool": """
        class Fetcher(Agent[str]):
            async def handle(self, message): ...

        ...
        assert fetch.name == "fetchers"
        assert fetchers.size == 8
        await fetch.aclose()
        """,
    "Pool.resize": """
        fetchers = Pool(4, Log)
        ...
        assert fetchers.size == 8
        """,
    "open_supervisor": """
        class Database(Service): ...
        class Web(Log):
            def __init__(self, db): ...

        ...
        assert [outcome.agent for outcome in supervisor.outcomes] == ["Web", "Database"]
        """,
    "Supervisor.start": """
        class Web(Log):
            def __init__(self, db): ...

        async with open_supervisor() as supervisor:
            db = await supervisor.start(Service)
            ...
            assert list(supervisor.agents) == ["Service", "Web"]
        """,
    "Supervisor.start_soon": """
        async with open_supervisor() as supervisor:
            ...
            await log.send("a line")
        assert log.outcome.ledger.handled == 1
        """,
    "Supervisor.group": """
        class Ping(Log): ...
        class Pong(Log):
            def __init__(self, ping): ...

        async with open_supervisor() as supervisor:
            ...
        assert ping.closed and pong.closed
        """,
    "Supervisor.declare_uses": """
        async with open_supervisor() as supervisor:
            early = await supervisor.start(Log, name="early")
            late = await supervisor.start(Log, name="late", uses=[])
            ...
        assert [outcome.agent for outcome in supervisor.outcomes] == ["early", "late"]
        """,
    "Supervisor.dismiss": """
        async with open_supervisor() as supervisor:
            web = await supervisor.start(Log, restart="permanent")
            ...
            await web.wait_closed()
            assert not supervisor.agents
        """,
    "Supervisor.stop": """
        async with open_supervisor() as supervisor:
            service = await supervisor.start(Service)
            await service.send(Set(42))
            ...
            await trio.sleep_forever()
        assert service.outcome.ledger.handled == 1
        """,
    "Supervisor.cancel": """
        async with open_supervisor() as supervisor:
            await supervisor.start(Service)
            ...
            await trio.sleep_forever()
        [outcome] = supervisor.outcomes
        assert outcome.cancel_reason == "the disk is full"
        """,
    "Supervisor.topic": """
        async with open_supervisor() as supervisor:
            ...
            assert news is supervisor.topic(str, "news")
        """,
    "Supervisor.idle": """
        async with open_supervisor() as supervisor:
            service = await supervisor.start(Service)
            await service.send(Set(42))
            ...
            assert service.statistics().ledger.handled == 1
        """,
    "hedge": """
        async with await start(nursery, Library) as near:
            async with await start(nursery, Library) as far:
                ...
        assert result == "TRAGEDIES"
        """,
    "first_valid": """
        async with await start(nursery, Library) as near:
            async with await start(nursery, Library) as far:
                ...
        assert result == "TRAGEDIES"
        """,
    "quorum": """
        async with await start(nursery, Library) as near:
            async with await start(nursery, Library) as far:
                remote = far
                ...
        assert results == ["TRAGEDIES", "TRAGEDIES"]
        """,
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
    "Handle.stream": """
        Row = attrs.make_class("Row", ["name"], frozen=True)
        class Rows(Request): ...

        class Store(Agent[Rows]):
            async def handle(self, message):
                return self.rows()

            async def rows(self):
                yield Row("one")
                yield Row("two")

        async with await start(nursery, Store) as store:
            ...
            assert names == ["one", "two"]
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
        """,
    "Handle.aclose": """
        service = await start(nursery, Service)
        ...
        assert service.outcome.reason is Reason.STOPPED
        """,
    "Handle.wait_closed": """
        service = await start(nursery, Service)
        await service.send(Set(42))
        service.cancel()
        ...
        assert outcome.undelivered == (Set(42),)
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
    "Context.watch": """
        class WorkerLeft:
            def __init__(self, outcome):
                self.outcome = outcome

        class Office(Agent[Get | WorkerLeft]):
            async def handle(self, message):
                if isinstance(message, WorkerLeft):
                    left.append(message.outcome)
                    return
                ...

        left = []
        worker = await start(nursery, Service)
        async with await start(nursery, Office) as office:
            await office.ask(Get())
            await worker.aclose()
        assert left == [worker.outcome]
        """,
    "Context.postpone": """
        Query = Get

        class Client(Agent[Query | str]):
            connected = False

            async def handle(self, message):
                match message:
                    ...
                    case Query():
                        return 42
                    case "connect":
                        self.connected = True
                        self.context.become(self.handle)

        async with await start(nursery, Client) as client:
            nursery.start_soon(client.send, "connect")
            assert await client.ask(Query()) == 42
        """,
    "Context.become": """
        class Client(Agent[Get]):
            async def handle(self, message):
                ...

            async def connected(self, message):
                return 42

        async with await start(nursery, Client) as client:
            assert await client.ask(Get()) is None
            assert await client.ask(Get()) == 42
        """,
    "Context.run_in_thread": """
        Digest = attrs.make_class("Digest", ["path"], (Request,), frozen=True)
        digest = str.upper

        class Digester(Agent[Digest]):
            async def handle(self, message):
                match message:
                    ...

        async with await start(nursery, Digester) as digester:
            assert await digester.ask(Digest("a path")) == "A PATH"
        """,
    "Registry.put": """
        LOG, registry = Key("log"), Registry()
        ...
        assert registry.find(LOG).name == "Log"
        registry.find(LOG).stop()
        """,
    "Registry.find": """
        LOG, registry = Key("log"), Registry()
        async with await start(nursery, Log) as there:
            registry.put(LOG, there)
            ...
        assert there.outcome.ledger.handled == 1
        """,
    "Registry.wait": """
        LOG, registry = Key("log"), Registry()
        async with await start(nursery, Log) as there:
            registry.put(LOG, there)
            ...
            assert log is there
        """,
    "Registry.remove": """
        LOG, registry = Key("log"), Registry()
        async with await start(nursery, Log) as there:
            registry.put(LOG, there)
            ...
            assert LOG not in registry
        """,
    "Registry.close": """
        LOG = Key("log")
        async with await start(nursery, Log) as log:
            ...
            assert LOG not in registry
        """,
    "Topic": """
        ...
        """,
    "Topic.subscribe": """
        topic = Topic()

        async def publish():
            await topic.publish("it rains")
            topic.close()

        nursery.start_soon(publish)
        ...
        assert message == "it rains"
        """,
    "Topic.publish_nowait": """
        topic = Topic()
        with topic.subscribe() as subscription:
            ...
            assert subscription.receive_nowait() == "it rains"
        """,
    "Topic.publish": """
        topic = Topic()
        with topic.subscribe(overflow="wait") as subscription:
            ...
            assert subscription.receive_nowait() == "it rains"
        """,
    "Topic.close": """
        topic = Topic()
        with topic.subscribe() as subscription:
            ...
            assert [message async for message in subscription] == []
        """,
    "Subscription.receive": """
        topic = Topic()
        with topic.subscribe() as subscription:
            topic.publish_nowait("it rains")
            ...
            assert message == "it rains"
        """,
    "Subscription.receive_nowait": """
        topic = Topic()
        with topic.subscribe() as subscription:
            topic.publish_nowait("it rains")
            ...
            assert message == "it rains"
        """,
    "Probe": """
        ...
        await service.aclose()
        """,
    "Probe.expect": """
        store = Probe()
        async with await start(nursery, store) as service:
            await service.send(Set(1))
            await service.send(Set(10))
            ...
            assert order == Set(10)
        """,
    "Probe.reply_to": """
        store = Probe()
        async with await start(nursery, store) as service:
            async def asker():
                assert await service.ask(Get()) == 42

            nursery.start_soon(asker)
            ...
        """,
    "Probe.when": """
        store = Probe()
        async with await start(nursery, store) as service:
            ...
            assert await service.ask(Get()) == 42
        """,
    "expect_closed": """
        service = await start(nursery, Service)
        ...
        assert service.closed
        """,
}

# Hypothesis reads what to draw from the types.
TYPED = """
        from hypothesis import strategies as st

        @attrs.frozen
        class Set:
            value: int

        class Service(Agent[Set | Get]):
            value = 0
            async def handle(self, message):
                if isinstance(message, Set):
                    self.value = message.value
                return self.value
"""

RACE = """
from exeunt.testing import explore, find_failure, replay

class Place:
    taken = 0
    async def book(self):
        if self.taken < 1:
            await trio.lowlevel.checkpoint()
            self.taken += 1

async def transfer_twice():
    place = Place()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(place.book)
    assert place.taken == 1
"""

RECORDED = """
from exeunt.tracing import Recorder

async def main():
    with Recorder() as recorder:
        async with trio.open_nursery() as nursery:
            async with await start(nursery, Service) as service:
                await service.send(Set(42))
    return recorder.recording()

recording = trio.run(main)
"""

WATCHED = """
import exeunt
from exeunt.tracing import Recorder, note, record

async def main():
    async with trio.open_nursery() as nursery:
        async with await start(nursery, Service) as service:
            await service.send(Set(42))
"""

IN_A_FOLDER = (
    RECORDED
    + """
from pathlib import Path

with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    ...
    assert [*Path(folder).glob("run.*")]
"""
)

A_MODEL = """
        from exeunt.team.models.limiting import Limited
        from exeunt.team.models.model import Message, Prompt
        from exeunt.team.models.retrying import Retrying
        from exeunt.team.models.simulated import Simulated

        prompt = Prompt(messages=(Message("user", "hello"),), max_tokens=9)
        model = Simulated(p=1)
"""

WITH_A_MODEL = (
    A_MODEL
    + """
        async def main():
            ...
            assert answer.usage.total

        trio.run(main)
        """
)

WITH_A_JOURNAL = (
    """
        import contextlib, tempfile
        from exeunt.team.budget import Budget
        from exeunt.team.journal import Journal
        from exeunt.team.models.budgeted import Budgeted, spent_before
        from exeunt.team.models.price import Price
        from exeunt.team.models.remembered import Remembered

        async def make_a_plan():
            return ["slugify"]
"""
    + A_MODEL
    + """
        async def main():
            ...

        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            trio.run(main)
        """
)

SMALL_MODELS = """
        import os
        from unittest.mock import patch
        from exeunt.team.local import store
        from exeunt.team.local.catalogue import MODELS
        from exeunt.team.local.fetching import fetch
        from exeunt.team.local.serving import serve

        async def main():
            ...

        with (
            tempfile.TemporaryDirectory() as folder,
            patch.dict(os.environ, EXEUNT_CACHE=folder, PYTHONPATH=folder),
        ):
            library = "from unittest.mock import MagicMock as CommonParams\\n"
            library += "def Server(_): return CommonParams(listening_address='http:')"
            pathlib.Path(folder, "xllamacpp.py").write_text(library)
            store.folder().mkdir()
            with store.place(MODELS["smollm2-135m"]).open("wb") as file:
                file.truncate(MODELS["smollm2-135m"].size)
            trio.run(main, clock=None)  # virtual time does not wait for a process
"""

# The network is far away: what is asked there cannot be reached.
MODEL_SERVED = """
from exeunt.team.models.{0} import {1}
from exeunt.team.models.keys import Secret
from exeunt.team.models.model import Message, Prompt

key = Secret("sk-1234567890")
prompt = Prompt(messages=(Message("user", "Hello!"),), max_tokens=9)

async def main():
    with trio.move_on_after(0):
        ...

trio.run(main)
"""

PROGRAMS = {
    "Secret": "from exeunt.team.models.keys import Secret\n...\n",
    "read_key": "from exeunt.team.models.keys import read_key\n...\n",
    "open_client": MODEL_SERVED.format("client", "open_client"),
    "OpenAISDK": MODEL_SERVED.format("sdk_openai", "OpenAISDK, openai"),
    "AnthropicSDK": MODEL_SERVED.format("sdk_anthropic", "AnthropicSDK, anthropic"),
    "Sandbox": """
        from exeunt.team.sandbox import Check, Program, Sandbox as AnySandbox

        def Sandbox():
            return AnySandbox(isolation="none")  # so that it runs on every machine

        async def main():
            ...

        trio.run(main)
        """,
    "Bucket": """
        from math import inf
        from exeunt.team.models.bucket import Bucket
        ...
        """,
    "Cassette": A_MODEL
    + """
        import json
        import httpx2
        from exeunt.team.models.cassette import Cassette
        from exeunt.team.models.client import open_client

        said = {
            "model": "qwen",
            "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
        }
        network = httpx2.MockTransport(lambda _: httpx2.Response(200, json=said))

        async def main():
            tape = Cassette("team.jsonl", "record", inner=network)
            async with open_client("http://here/v1", "qwen", transport=tape) as model:
                live = await model.complete(prompt)
            ...
            assert answer == live

        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            trio.run(main)
        """,
    "Budgeted": WITH_A_JOURNAL,
    "Journal.open": WITH_A_JOURNAL,
    "Remembered": WITH_A_JOURNAL,
    "Limited": WITH_A_MODEL,
    "Retrying": WITH_A_MODEL,
    "Simulated": WITH_A_MODEL,
    "Width": """
        from exeunt.team.models.aimd import Width
        ...
        """,
    "fetch": SMALL_MODELS,
    "serve": SMALL_MODELS,
    "drawn": """
        from exeunt.team.models.drawing import drawn
        ...
        """,
    "Recording.picture": IN_A_FOLDER,
    "Recording.player": IN_A_FOLDER,
    "Recording.chrome_trace": IN_A_FOLDER,
    "Recording.story": RECORDED + "\n...\n",
    "Recording.mermaid": RECORDED + "\n...\n",
    "record": WATCHED + "\n...\n",
    "complaints": WATCHED
    + """
from exeunt.tracing.rules import complaints

...
""",
    "Recorder": WATCHED
    + """
async def recorded():
    ...

trio.run(recorded)
""",
    "Recorder.read": RECORDED
    + """
from exeunt.telemetry.prometheus import Metrics

metrics, recorder = Metrics(), Recorder()

async def recorded():
    with recorder:
        ...

trio.run(recorded)
""",
    "note": WATCHED
    + """
async def noted():
    ...

said = [each.text for each in record(noted).events if hasattr(each, "text")]
assert said == ["the cache is cold"]
""",
    "picture": RECORDED + "\nfrom exeunt.pictures import picture\n\n...\n",
    "places": RECORDED + "\nfrom exeunt.pictures import places\n\n...\n",
    "player": RECORDED + "\n...\n",
    "EventLog": RECORDED
    + """
import logging
from exeunt.telemetry.logs import EventLog

...
""",
    "Metrics": RECORDED
    + """
from exeunt.telemetry.prometheus import Metrics

...
assert metrics.text().count('fate="handled"} 1') == 1
""",
    "Spans": RECORDED
    + """
from exeunt.telemetry.otel import Spans

began = 1_800_000_000.0
...
""",
    "nothing_leaks": RACE
    + """
async def main():
    ...

trio.run(main)
""",
    "check_agent": TYPED + "\n        ...",
    "check_mailbox": "...",
    "explore": RACE + "...",
    "find_failure": RACE + "...",
    "replay": RACE + "...",
    "prove": """
        from exeunt.testing.proving import prove

        async def two_senders():
            inlet, outlet = trio.open_memory_channel(0)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(inlet.send, 1)
                nursery.start_soon(inlet.send, 2)
                assert {await outlet.receive(), await outlet.receive()} == {1, 2}

        ...
        """,
    "touch": """
        from types import SimpleNamespace

        from exeunt.testing.proving import touch

        account = SimpleNamespace(balance=20)
        ...
        assert account.balance == 10
        """,
    "victim": """
        class Pool:
            free = 2

            async def use(self, job):
                await trio.sleep(1)

        async def main():
            pool, job = Pool(), None
            ...

        trio.run(main)
        """,
    "messages": TYPED
    + """
        async def scenario(message):
            async with trio.open_nursery() as nursery:
                async with await start(nursery, Service) as service:
                    await service.send(message)
                    handled.append(message)

        handled = []
        ...
        test_any_message_is_handled()
        assert handled
        """,
    "lines": TYPED
    + """
        ...
        test_one_line_is_handled()
        """,
    "ends": """
        ...
        test_nothing_accepted_is_lost()
        """,
    "scenarios": TYPED
    + """
        ...
        test_it_never_crashes()
        """,
    "AgentMachine": TYPED
    + """
        class ServiceModel:
            value = 0
            def handle(self, message):
                if isinstance(message, Set):
                    self.value = message.value
                return self.value

        ...
        test_the_service_does_what_its_model_says()
        """,
    "who_waits": """
        async def main():
            ...

        trio.run(main)
        """,
    "watchdog": """
        async def main():
            async with trio.open_nursery() as nursery:
                ...
                await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()

        trio.run(main)
        """,
    "fail_when_stalled": """
        from exeunt.stalls.failing import Stalled, fail_when_stalled

        async def philosophers_dine():
            await trio.sleep_forever()

        async def main():
            ...

        try:
            trio.run(main)
        except Stalled as stalled:
            assert stalled.stall is not None
        else:
            raise AssertionError("they did not stall")
        """,
    "Timers": """
        class GiveUp: ...

        class Patient(Agent[Set | GiveUp]):
            async def handle(self, message):
                if isinstance(message, GiveUp):
                    self.context.handle.stop()
                    return
                ...

        async def main():
            async with trio.open_nursery() as nursery:
                patient = await start(nursery, Patient)
                await patient.send(Set(42))
                await patient.wait_closed()
                assert trio.current_time() == 30

        Schedule().run(main)  # in virtual time
        """,
    "run": """
        import signal, sys

        class Web(Log):
            def __init__(self, log):
                signal.raise_signal(signal.SIGTERM)

        make_log, Log = Log, lambda path: make_log()

        try:
            ...
        except SystemExit as left:
            assert left.code == 0
        """,
    "sweep_cancellation": """
        from exeunt.testing.sweeping.sweeps import sweep_cancellation

        async def transfer_twice():
            await trio.sleep(1)

        ...
        """,
    "sweep_crashes": """
        from exeunt.testing.sweeping.sweeps import sweep_crashes

        async def transfer_twice():
            async with trio.open_nursery() as nursery:
                async with await start(nursery, Service) as service:
                    await service.ask(Get())

        ...
        """,
    "sweep_interrupts": """
        from exeunt.testing.sweeping.sweeps import sweep_interrupts

        async def transfer_twice():
            await trio.sleep(1)

        ...
        """,
    "run_in_process": """
        import re
        from exeunt.processes import run_in_process

        async def main():
            pattern, text = "[a-z]+", "two words"
            ...
            assert words == ["two", "words"]

        trio.run(main)
        """,
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
    "faulty": """
        async def main():
            began = trio.current_time()
            async with trio.open_nursery() as nursery:
                ...
                await service.ask(Get())
                assert trio.current_time() - began == 2
                await service.aclose()

        Schedule().run(main)  # in virtual time
        """,
    "Probe.expect_nothing_for": """
        async def main():
            async with trio.open_nursery() as nursery:
                store = Probe()
                async with await start(nursery, store):
                    ...
                    assert store.received == ()

        Schedule().run(main)  # in virtual time
        """,
    "CrashBefore": """
        ...
        assert len(plan.faults) == 2
        """,
    "FaultPlan": """
        ...
        assert plan == FaultPlan(plan.faults)
        """,
    "random_faults": """
        import random

        ...
        assert plan == random_faults(random.Random(7), messages=5)
        """,
    "fault_plans": """
        async def scenario(plan):
            service = None
            try:
                async with trio.open_nursery() as nursery:
                    service = await start(nursery, faulty(Service, plan))
                    await service.send(Set(42))
                    service.stop()
            except* InjectedCrash:
                pass
            assert service.outcome.ledger.accepted == 1

        ...
        test_nothing_gets_lost()
        """,
    "failpoint": """
        ...

        with failing(FailAt("half way")):
            accounts = {"alice": 10, "bob": 0}
            try:
                transfer(accounts)
            except InjectedCrash:
                assert accounts == {"alice": 0, "bob": 0}
            else:
                assert False
        """,
    "failing": """
        ...
        assert passed == []
        """,
    "StandIn": """
        class Camera(Agent[Get]):
            def __init__(self, display):
                self.display = display

            async def handle(self, message):
                await self.display.send(Frame([]))

        ...
        effect, = camera.send(Get()).effects
        assert (effect.to, effect.message) == ("display", Frame([]))
        """,
}

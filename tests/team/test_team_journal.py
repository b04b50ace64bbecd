"""A journal on a disk; how its lines are read is a law, in tests/properties."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
import trio

from exeunt.team.journal import (
    BadJournal,
    CannotRemember,
    Journal,
    JournalInUse,
    Record,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def test_what_is_appended_is_there_at_once_and_in_the_next_run(
    path: Path,
) -> None:
    async with Journal.open(path) as journal:
        record = await journal.append("plan", modules=("a", "\ud800"), n_of=None)
        assert content_of(path) == journal.content
    assert record == Record(
        1, "plan", MappingProxyType({"modules": ["a", "\ud800"], "n_of": None})
    )
    async with Journal.open(path) as journal:
        assert journal.records == [record]
        assert (await journal.append("plan")).n == 2
    assert mode_of(path) == 0o600


async def test_many_tasks_write_one_line_each(path: Path) -> None:
    async with Journal.open(path) as journal, trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(journal.append, str(number))
    async with Journal.open(path) as journal:
        assert [record.n for record in journal.records] == [*range(1, 21)]
        assert {record.kind for record in journal.records} == {*map(str, range(20))}


async def test_a_cancelled_append_writes_nothing(path: Path) -> None:
    async with Journal.open(path) as journal:
        with trio.CancelScope() as scope:
            scope.cancel()
            await journal.append("plan")
        assert scope.cancelled_caught
        assert journal.records == []
        assert content_of(path) == journal.content


async def test_a_journal_is_open_once(path: Path) -> None:
    async with Journal.open(path):
        with pytest.raises(JournalInUse, match=f"{path} is open already"):
            await Journal.open(path).__aenter__()
        code = (
            "import sys, trio\n"
            "from exeunt.team.journal import Journal, JournalInUse\n"
            "async def main():\n"
            "    async with Journal.open(sys.argv[1]): pass\n"
            "try: trio.run(main)\n"
            "except JournalInUse: print('in use')\n"
        )
        other = await trio.run_process(
            [sys.executable, "-c", code, str(path)], capture_stdout=True
        )
        assert other.stdout == b"in use\n"
    async with Journal.open(path):
        pass


async def test_a_torn_line_is_cut_off_and_written_over(path: Path) -> None:
    async with Journal.open(path) as journal:
        await journal.append("plan", text="x" * 5_000)
    whole = content_of(path)
    put(path, whole[:-1_000])
    async with Journal.open(path) as journal:
        assert journal.records == []
        await journal.append("plan")
        assert content_of(path) == journal.content
    # A power cut can leave a hole where the line should be.
    put(path, journal.content + bytes(300))
    async with Journal.open(path) as again:
        assert again.records == journal.records
        assert content_of(path) == journal.content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"dear diary\n", "line 1 of the journal is no beginning"),
        (b"dear diary", "line 1 of the journal is no beginning"),
        (b"\0\0\0", "line 1 of the journal is no beginning"),
        (
            Record(0, "exeunt-journal", MappingProxyType({"version": 2})).line,
            "line 1 of the journal is of version 2, and this reads 1",
        ),
        (
            Journal.in_memory().content + b"?\n" + Record(2, "a", {}).line,
            "line 2 of the journal is not as it was written",
        ),
        (
            Journal.in_memory().content + Record(2, "a", {}).line,
            "line 2 of the journal has the number 2, not 1",
        ),
    ],
)
async def test_what_is_no_journal_is_left_alone(
    path: Path, content: bytes, why: str
) -> None:
    put(path, content)
    with pytest.raises(BadJournal, match=why):
        await Journal.open(path).__aenter__()
    assert content_of(path) == content
    # And it can be opened as soon as it is in order.
    put(path, b"")
    async with Journal.open(path):
        pass


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have a disk that is full after so many bytes of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_takes_no_half_of_a_line(path: Path) -> None:
    async with Journal.open(path) as journal:
        await journal.append("plan")
        before = content_of(path)
        with files_of_at_most(len(before) + 100):
            with pytest.raises(CannotRemember, match="make room on the disk") as full:
                await journal.append("plan", text="y" * 300)
            assert (full.value.record.n, full.value.record.data["text"][0]) == (2, "y")
            assert isinstance(full.value.__cause__, OSError)
            assert content_of(path) == before == journal.content
            await journal.append("small")
        await journal.append("plan", text="y" * 300)
        assert [record.kind for record in journal.records] == ["plan", "small", "plan"]
        assert content_of(path) == journal.content


async def test_what_the_disk_does_not_keep_is_not_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Journal.open(path) as journal:
        calls: list[int] = []

        def fsync(file: int) -> None:
            calls.append(file)
            if len(calls) == 1:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(CannotRemember, match="No space left"):
            await journal.append("plan")
        assert content_of(path) == journal.content == Journal.in_memory().content


async def test_what_json_does_not_have_is_refused_before_it_is_written(
    path: Path,
) -> None:
    async with Journal.open(path) as journal:
        with pytest.raises(TypeError):
            await journal.append("plan", value=object())
        with pytest.raises(ValueError, match="JSON compliant"):
            await journal.append("plan", value=float("nan"))
        with pytest.raises(ValueError, match="own words"):
            await journal.append("plan", n=3)
        assert content_of(path) == journal.content == Journal.in_memory().content
        assert (await journal.append("plan")).n == 1


async def test_work_is_done_once_in_all_runs(path: Path) -> None:
    done: list[str] = []

    async def work() -> dict[str, tuple[int, ...]]:
        done.append("work")
        return {"verdict": (1, 2)}

    async def nothing() -> None:
        done.append("nothing")

    async def fail() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        async with Journal.open(path) as journal:
            value = await journal.remember("gate", "a", work)
            assert value == {"verdict": [1, 2]} == journal.recall("gate", "a")
            assert await journal.remember("plan", "a", nothing) is None
            assert await journal.remember("plan", "a", nothing) is None
            with pytest.raises(ZeroDivisionError):
                await journal.remember("gate", "b", fail)
            assert journal.recall("gate", "b") is None
    assert done == ["work", "nothing"]


PROGRAM = """
import sys, trio
from exeunt.team.budget import Budget
from exeunt.team.journal import Journal
from exeunt.team.models.budgeted import Budgeted, spent_before
from exeunt.team.models.model import Answer, Message, Prompt, Usage
from exeunt.team.models.price import Price
from exeunt.team.models.remembered import Remembered

class Loud:
    name = "loud"
    async def complete(self, prompt):
        print("asked", prompt.seed, flush=True)
        await trio.lowlevel.checkpoint()
        usage = Usage(3, prompt.seed)
        return Answer(text=str(prompt.seed), usage=usage, truncated=False, model="loud")

async def ask(model, numbers, answers):
    for number in numbers:
        said = (Message("user", "?"),)
        prompt = Prompt(messages=said, max_tokens=50, seed=number)
        answers[number] = (await model.complete(prompt)).text

async def main():
    async with Journal.open(sys.argv[1]) as journal:
        budget = Budget(10**6, before=spent_before(journal))
        paid = Budgeted(Loud(), budget, Price.tokens(), journal)
        answers = {}
        async with trio.open_nursery() as nursery:
            numbers = iter(range(30))
            for _ in range(3):
                nursery.start_soon(ask, Remembered(paid, journal), numbers, answers)
        print("answers", *(answers[number] for number in range(30)), flush=True)
        print("spent", budget.spent, flush=True)

trio.run(main)
"""


async def test_a_run_that_was_killed_repeats_what_was_in_flight(path: Path) -> None:
    asked: list[bytes] = []

    def run(lines: int) -> list[bytes]:
        """Run the program, and end it at once after so many lines of it."""
        command = [sys.executable, "-c", PROGRAM, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            said = [line for _, line in zip(range(lines), program.stdout, strict=False)]
            program.kill()
            return [*said, *program.stdout]

    deaths = (1, 4, 9)
    for lines in deaths:
        asked += await trio.to_thread.run_sync(run, lines)
    *more, answers, spent = await trio.to_thread.run_sync(run, 99)
    asked += more
    assert answers.split()[1:] == [b"%d" % number for number in range(30)]
    assert {*asked} == {b"asked %d\n" % number for number in range(30)}
    assert 30 <= len(asked) <= 30 + 3 * len(deaths)
    # What was answered is paid as it was, and what was in flight as a whole.
    exact, whole = sum(3 + number for number in range(30)), 64 + 1 + 16 + 50
    assert 0 <= int(spent.split()[1]) - exact <= 3 * len(deaths) * whole

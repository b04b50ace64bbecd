"""What the team makes of crashes, full disks, empty purses, and of being killed."""

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from test_crew import BRIEF, FOUR, RIGHT, SURE, WRONG, InProcess, Scripted, delivered

from exeunt.team.briefs.reading import Brief, read
from exeunt.team.budget import Budget
from exeunt.team.crew import open_team
from exeunt.team.journal import Journal
from exeunt.team.journal.lines import read as read_lines
from exeunt.team.models.budgeted import Budgeted, spent_before
from exeunt.team.models.errors import Busy, ModelError, Refused
from exeunt.team.models.model import Answer, Prompt
from exeunt.team.models.price import Price
from exeunt.team.models.remembered import Remembered
from exeunt.team.roles.messages import Delivered, Escalated, Rejected, Verdict
from exeunt.team.roles.tools import Policy
from exeunt.team.sandbox import Program, Report

SPLITTING = Policy(doubt=0, splits=1)


@attrs.define
class Architectural(Scripted):
    """Answers an architect's questions as well: with a text, or with an error."""

    plan: str | Exception = "no plan"
    helpers: str | Exception = "no idea"

    async def complete(self, prompt: Prompt) -> Answer:
        if not prompt.schema:
            return await super().complete(prompt)
        wish = prompt.messages[-1].content
        said = self.helpers if "too hard" in wish else self.plan
        answer = await super().complete(prompt)
        if isinstance(said, Exception):
            raise said
        return attrs.evolve(answer, text=said)


def helper(name: str) -> str:
    shown = [{"call": f"{name}({n})", "value": str(n + 1)} for n in range(4)]
    one = {"signature": f"{name}(n: int)", "purpose": "More.", "examples": shown}
    return json.dumps({"helpers": [one]})


def with_more(name: str, _: int) -> str:
    """Write what `four` needs: it cannot do without a helper."""
    known = {"double": RIGHT, "more": "def more(n):\n    return n + 1"}
    return known.get(name, "def four(number):\n    return more(double(number) * 2) - 1")


async def test_what_is_too_hard_is_built_with_a_helper(autojump_clock: object) -> None:
    model = Architectural(with_more, helpers=helper("more"))
    verdict = await delivered(model, SPLITTING)
    assert isinstance(verdict, Delivered)
    assert verdict.sources["four"].startswith("def more(n):")
    text = verdict.package.files["sums/part_1.py"]
    assert text.index("def more") < text.index("def four")
    assert "more" not in verdict.package.files["sums/__init__.py"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("no idea", id="words"),
        pytest.param("[]", id="a list"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 9_000, id="too large"),
        pytest.param(helper("double"), id="taken"),
        pytest.param(helper("four"), id="itself"),
        pytest.param(Busy("ask later"), id="busy"),
        pytest.param(Refused("no such model"), id="refused"),
    ],
)
async def test_no_help_is_no_crash(
    said: str | Exception, autojump_clock: object
) -> None:
    verdict = await delivered(Architectural(with_more, helpers=said), SPLITTING)
    assert isinstance(verdict, Escalated)
    assert verdict.missing.keys() == {"four"}
    assert "drafts failed" in verdict.missing["four"]


async def test_a_rule_divides_where_nobody_answers(autojump_clock: object) -> None:
    says: Callable[[str, int], str] = lambda name, _: FOUR if name == "four" else RIGHT  # noqa: E731
    verdict = await delivered(Architectural(says, plan=Refused("no such model")))
    assert isinstance(verdict, Delivered)
    assert "sums/part_1.py" in verdict.package.files


@pytest.mark.parametrize("error", [Refused("a wrong key"), Busy("come back later")])
async def test_an_endpoint_that_is_down_is_the_reason(
    error: ModelError, autojump_clock: object
) -> None:
    model = Architectural(raising(error), plan=error, helpers=error)
    verdict = await delivered(model, SPLITTING)
    assert isinstance(verdict, Escalated)
    assert verdict.missing == {"double": str(error), "four": "it uses double"}
    assert len(model.asked) == 1 + SPLITTING.width  # a plan, and no helpers


def raising(error: Exception) -> Callable[[str, int], str]:
    def says(_name: str, _attempt: int) -> str:
        raise error

    return says


async def test_an_engineer_that_always_crashes_hurts_nobody_else(
    autojump_clock: object,
) -> None:
    names = [f"f{n}" for n in range(9)]  # more than there might be restarts
    brief = Brief("many", "Much.", (*map(alone, names), alone("good")))
    broken = raising(KeyError("a bug"))

    def says(name: str, attempt: int) -> str:
        return "def good(n): return n" if name == "good" else broken(name, attempt)

    model = Architectural(says)
    async with open_team(model, sandbox=InProcess(), policy=SURE) as team:
        verdict = await team.deliver(brief)
    assert isinstance(verdict, Escalated)
    assert [*verdict.missing] == names
    assert all("KeyError('a bug')" in why for why in verdict.missing.values())
    assert verdict.sources == {"good": "def good(n):\n    return n"}


def alone(name: str) -> Any:
    text = "\n".join(f">>> {name}({n})\n{n}" for n in range(4))
    section = f"## `{name}(n: int) -> int`\n\nThe same.\n\n```python\n{text}\n```\n"
    return read(f"# many\n\n{section}").functions[0]


@pytest.mark.parametrize("limit", [1, 900, 1_500, 2_500, 4_000])
async def test_what_cannot_be_paid_is_the_reason(
    limit: int, autojump_clock: object
) -> None:
    budget = Budget(limit)
    paid = Budgeted(Scripted(lambda *_: WRONG), budget, Price.tokens())
    async with open_team(
        paid, sandbox=InProcess(), policy=SPLITTING, budget=budget
    ) as team:
        verdict = await team.deliver(BRIEF)
        assert isinstance(verdict, Escalated)
        why = verdict.missing["double"]
        assert re.search("left, and .* asked for|drafts failed", why)
        assert budget.spent <= limit
        again = await team.deliver(BRIEF)
    assert isinstance(again, Escalated | Rejected)
    assert budget.spent <= limit


class Forgiving(InProcess):
    """Passes every part, and is honest about the whole."""

    async def judge(self, program: Program, *, stop_early: bool = False) -> Report:
        report = await super().judge(program)
        if not stop_early:
            return report
        passed = [attrs.evolve(each, passed=True) for each in report.verdicts]
        return attrs.evolve(report, verdicts=tuple(passed))


async def test_the_whole_is_tried_even_if_each_part_has_passed(
    autojump_clock: object,
) -> None:
    model = Scripted(lambda name, _: FOUR if name == "four" else WRONG)
    async with open_team(model, sandbox=Forgiving(), policy=SURE) as team:
        verdict = await team.deliver(BRIEF)
    assert isinstance(verdict, Escalated)
    assert verdict.missing == {"the whole": "double fails"}


async def test_after_room_is_made_nothing_is_paid_twice(autojump_clock: object) -> None:
    """Fill the disk after each record in turn, make room, and go on."""
    whole, records = await on_a_disk(Journal.in_memory(), 10**6)
    assert isinstance(whole, Delivered)
    for room in range(records):
        journal = Journal.in_memory()
        verdict, kept = await on_a_disk(journal, room)
        assert kept == room
        assert isinstance(verdict, Escalated)
        assert any("make room on the" in why for why in verdict.missing.values())
        resumed = Journal.in_memory(journal.content)
        assert (await on_a_disk(resumed, 10**6))[0] == whole
        check_journal(resumed.content)


async def on_a_disk(journal: Journal, room: int) -> tuple[Verdict, int]:
    class Disk:
        async def keep(self, line: bytes) -> None:
            await trio.lowlevel.checkpoint()
            if len(journal.records) >= room:
                raise OSError(28, "no room")

    journal._store = Disk()
    says: Callable[[str, int], str] = lambda name, n: (  # noqa: E731
        FOUR if name == "four" else [WRONG, RIGHT][n % 2]
    )
    budget = Budget(10**6, before=spent_before(journal))
    paid = Budgeted(Scripted(says), budget, Price.tokens(), journal)
    async with open_team(
        Remembered(paid, journal), sandbox=InProcess(), memory=journal, policy=SURE
    ) as team:
        verdict = await team.deliver(BRIEF)
    return verdict, len(journal.records)


def check_journal(content: bytes) -> None:
    """See that no answer is there twice, and that every other payment is in flight."""
    records, _ = read_lines(content)
    keys = Counter(r.data["key"] for r in records if r.kind == "answer")
    assert {*keys.values()} == {1}
    settled = Counter(r.data["of"] for r in records if r.kind == "paid")
    assert {*settled.values()} == {1}
    assert settled.keys() <= {r.n for r in records if r.kind == "reserved"}


DEMO = resources.files("exeunt.team") / "demo"
COMMAND = [sys.executable, "-m", "exeunt", "team"]
needs_kill = pytest.mark.skipif(
    sys.platform == "win32", reason="there is no SIGKILL on Windows"
)


def small_brief(folder: Path) -> list[str]:
    """Keep one function of the demo, and return the words that have it built."""
    head, *sections = re.split(r"(?m)^(?=## )", (DEMO / "brief.md").read_text("utf-8"))
    (section,) = [each for each in sections if each.startswith("## `is_palindrome")]
    path = folder / "brief.md"
    path.write_text(head + section, encoding="utf-8")
    facts = json.loads((DEMO / "demo.json").read_text("utf-8"))
    words = ["--tape", str(DEMO / "tape.jsonl"), "--model", facts["models"][0]]
    return [*COMMAND, str(path), *words, "--no-isolation"]


def runs(command: list[str], journal: Path, step: int) -> Iterator[bytes]:
    """Run it, and kill it after so many more records, until it ends by itself.

    Yields:
        What the journal has in it after each run.

    """
    while True:
        before = lines_in(journal)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while process.poll() is None and lines_in(journal) < before + step:
            time.sleep(0.001)  # another process knows nothing of our clocks
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
        yield journal.read_bytes()
        if ended != -signal.SIGKILL:
            assert ended == 0
            return


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def sweep(command: list[str], folder: Path, step: int) -> int:
    """Check that a run that is killed again and again comes to the same as a whole one.

    Returns:
        How often it was killed.

    """
    pytest.importorskip("httpx2")
    whole, pieces = folder / "whole", folder / "pieces"
    usual = [*command, "--out", str(whole), "--journal", f"{whole}.jsonl"]
    subprocess.run(usual, check=True, stdout=subprocess.DEVNULL)
    journal = folder / "pieces.jsonl"
    often = [*command, "--out", str(pieces), "--journal", str(journal)]
    before, kills = b"", -1
    for content in runs(often, journal, step):
        known = content[: content.rfind(b"\n") + 1]
        assert known.startswith(before), "a record was lost"
        before, kills = known, kills + 1
    assert files_in(pieces) == files_in(whole)
    check_journal(before)
    asked, answers = Counter(r.kind for r in read_lines(before)[0]), answers_in(before)
    assert answers == answers_in(Path(f"{whole}.jsonl").read_bytes())
    # What was paid and brought no answer was in flight at a kill.
    assert len(answers) <= asked["reserved"] <= len(answers) + kills * 4
    return kills


def answers_in(content: bytes) -> dict[str, str]:
    records, _ = read_lines(content)
    answers = [record.data for record in records if record.kind == "answer"]
    return {data["key"]: data["value"]["text"] for data in answers}


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@needs_kill
def test_a_run_that_is_killed_a_few_times_delivers_the_same(tmp_path: Path) -> None:
    assert sweep(small_brief(tmp_path), tmp_path, 6) >= 2


@pytest.mark.slow
@needs_kill
def test_a_run_that_is_killed_after_each_record_delivers_the_same(
    tmp_path: Path,
) -> None:
    assert sweep(small_brief(tmp_path), tmp_path, 1) >= 10


@pytest.mark.slow
@needs_kill
def test_the_demo_that_is_killed_again_and_again_delivers_the_same(
    tmp_path: Path,
) -> None:
    assert sweep([*COMMAND, "--demo"], tmp_path, 4) >= 10

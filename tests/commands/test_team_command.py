"""The command ``exeunt team``: what it prints, what it leaves, how it refuses."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("httpx2")

from exeunt.commands import main

BRIEF = """\
# tiny

Nothing much.

## `double(n: int) -> int`

Twice the number.

```python
>>> double(2)
4
>>> double(0)
0
>>> double(-3)
-6
>>> double(10)
20
```
"""


@pytest.fixture
def brief(tmp_path: Path) -> Path:
    path = tmp_path / "BRIEF.md"
    path.write_text(BRIEF, encoding="utf-8")
    return path


def test_the_demo_delivers_a_package_whose_own_tests_pass_and_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "package", tmp_path / "run.svg"
    words = ["--out", str(out), "--picture", str(picture)]
    assert main(["team", "--demo", *words]) == 0
    said = capsys.readouterr().out
    assert said.startswith("A demo: the answers were recorded from ")
    assert "Delivered: wordgames, every example of the brief holds." in said
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(out)]
    run = subprocess.run(tests, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert "engineer of" in picture.read_text(encoding="utf-8")


def lines_in_any_order(said: str) -> list[str]:
    """Engineers work at the same time: which of them is done first may differ."""
    return sorted(re.sub(r"^\[\d+/", "[n/", line) for line in said.splitlines())


def test_a_package_that_cannot_be_written_is_not_lost_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package"
    (out / "wordgames").mkdir(parents=True)
    (out / "tests").touch()
    assert main(["team", "--demo", "--out", str(out)]) == 2
    assert "the package is done and cannot be written" in capsys.readouterr().err


def test_a_journal_makes_the_second_run_cost_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "run.jsonl"
    assert main(["team", "--demo", "--journal", str(journal)]) == 0
    first = capsys.readouterr().out
    before = journal.read_bytes()
    assert main(["team", "--demo", "--journal", str(journal)]) == 0
    again = capsys.readouterr().out
    assert lines_in_any_order(again) == lines_in_any_order(first)
    assert journal.read_bytes() == before


def test_of_a_package_that_is_there_only_the_wrong_part_is_built_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package"
    main(["team", "--demo", "--out", str(out)])
    (module,) = [
        path
        for path in (out / "wordgames").iterdir()
        if "def count_vowels" in path.read_text(encoding="utf-8")
    ]
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("aeiou", "aeio"), encoding="utf-8")
    capsys.readouterr()
    assert main(["team", "--demo", "--mend", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.count("is kept as it was") == 7
    assert "count_vowels accepted after 1 draft" in said
    assert module.read_text(encoding="utf-8") == text


def test_an_empty_brief_is_rejected_in_words(
    brief: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brief.write_text("", encoding="utf-8")
    tape = tmp_path / "tape.jsonl"
    tape.touch()
    words = ["team", str(brief), "--tape", str(tape), "--model", "m", "--no-isolation"]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "Rejected:\n  - the brief has no title" in said


def test_a_budget_of_nothing_is_rejected(
    brief: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = tmp_path / "tape.jsonl"
    tape.touch()
    words = ["team", str(brief), "--tape", str(tape), "--model", "m", "--budget", "0"]
    assert main([*words, "--no-isolation"]) == 1
    assert "there is nothing left to spend" in capsys.readouterr().out


def test_an_endpoint_that_is_down_is_said_to_be(
    brief: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exeunt.commands._crew.TRIES", 1)
    url = "http://127.0.0.1:9/v1"
    words = ["team", str(brief), "--url", url, "--model", "m", "--no-isolation"]
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "Not delivered. For a human:\n  - double: " in said
    assert "127.0.0.1:9" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "there is no brief: name a file, or say --demo"),
        (["nowhere.md"], "cannot read nowhere.md"),
        (["BRIEF.md", "--no-isolation"], "there is nobody to ask"),
        (["BRIEF.md", "--no-isolation", "--local", "x"], "no model 'x'; there are"),
        (["BRIEF.md", "--no-isolation", "--mend", "none"], "cannot mend none: "),
        (["BRIEF.md", "--width", "0"], "--width is 1 at least, not 0"),
        (["BRIEF.md", "--out", "BRIEF.md"], "--out is to be a folder, and BRIEF.md"),
        (["BRIEF.md", "--out", "."], "--out is to be empty or to have the package"),
        (["BRIEF.md", "--picture", "nowhere/x.svg"], "nowhere"),
        (["BRIEF.md", "--journal", "/dev/null"], "--journal is to be a file"),
        (
            ["BRIEF.md", "--no-isolation", "--model", "m", "--url", "nonsense"],
            "--url: base_url has to be an address",
        ),
        (["BRIEF.md", "--no-isolation", "--budget", "-1"], "--budget is a number"),
        (
            ["BRIEF.md", "--no-isolation", "--model", "m", "--tape", "no.jsonl"],
            "no.jsonl",
        ),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_begun(
    brief: Path,
    words: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(brief.parent)
    assert main(["team", *words]) == 2
    assert complaint in capsys.readouterr().err


def test_the_demo_says_where_its_tape_is_from() -> None:
    folder = Path(__file__).parents[2] / "src/exeunt/team/demo"
    facts = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    assert facts["models"] == ["qwen2.5-coder-0.5b"]


def heed_ctrl_c() -> None:
    """Undo that a program in the background may have been told to ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_ctrl_c_is_told_in_words(tmp_path: Path) -> None:
    words = ["team", "--demo", "--journal", str(tmp_path / "run.jsonl")]
    run = subprocess.Popen(
        [sys.executable, "-u", "-m", "exeunt", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - no thread has been started
    )
    assert run.stdout
    while "accepted" not in run.stdout.readline():
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    said, complaint = run.communicate()
    assert run.returncode == 130
    assert "Interrupted. What is in a --journal is not asked for again." in said
    assert "Traceback" not in complaint

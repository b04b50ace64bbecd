"""``exeunt story`` as it is typed."""

from pathlib import Path

import pytest

from exeunt.commands import main

EXAMPLES = Path(__file__).parents[2] / "examples"
OVERDRAWN = str(EXAMPLES / "overdrawn.py")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_program_is_run_and_then_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["story", str(EXAMPLES / "hello.py")]) == 0
    out, err = capsys.readouterr()
    printed, title, story = out.split("\n", 2)
    assert (printed, title, err) == ("42", "hello.py", "")
    assert "sends Set(value=42) to Service" in story
    assert "In all: 1 agent; 2 messages: 2 handled" in story


def test_a_recording_is_told_as_the_run_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["story", OVERDRAWN, "two_customers"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("two_customers\n")
    assert main(["draw", f"{OVERDRAWN}:two_customers", "-o", "run.jsonl"]) == 0
    capsys.readouterr()
    assert main(["story", "run.jsonl"]) == 0
    assert capsys.readouterr().out == told


def test_a_failure_is_told_and_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = folder / "failing.py"
    failing.write_text("import trio\nasync def main():\n    1 / 0\ntrio.run(main)\n")
    assert main(["story", str(failing)]) == 1
    out, err = capsys.readouterr()
    assert "main fails: ZeroDivisionError: division by zero" in out
    assert err.startswith("Traceback")


def test_several_runs_are_told_one_after_the_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = folder / "twice.py"
    twice.write_text("import trio\nfor _ in '12': trio.run(trio.sleep, 0)\n")
    assert main(["story", str(twice)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("twice.py, run 1 of 2\n")
    assert "\n\ntwice.py, run 2 of 2\n" in out


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("nowhere.py", "nowhere.py cannot be read: No such file"),
        (f"{OVERDRAWN}:nobody", "has no async function 'nobody'"),
    ],
)
def test_what_cannot_be_used_is_refused(
    what: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["story", what]) == 2
    err = capsys.readouterr().err
    assert err.startswith("exeunt story: ")
    assert complaint in err

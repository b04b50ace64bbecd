"""The briefs of the examples, built again from what a real model once answered."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("httpx2")

from exeunt.commands import main

FOLDER = Path(__file__).parents[2] / "examples/briefs"
TAPES = sorted((FOLDER / "tapes").glob("*.jsonl"))


def test_every_brief_has_its_tape() -> None:
    briefs = sorted(path.stem for path in FOLDER.glob("*.md"))
    assert [tape.stem for tape in TAPES] == briefs
    assert len(briefs) == 3


@pytest.mark.slow
@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_a_brief_is_delivered_from_its_tape(
    tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package"
    brief = str(FOLDER / f"{tape.stem}.md")
    words = ["team", brief, "--tape", str(tape), "--model", "qwen2.5-coder-1.5b"]
    assert main([*words, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"Delivered: {tape.stem}, every example of the brief holds." in said
    modules = [*(out / tape.stem).glob("[!_]*.py")]
    assert 3 <= len(modules) <= 6
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(out)]
    run = subprocess.run(tests, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout

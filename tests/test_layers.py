"""The house stands as its plan says; pyproject.toml has the plan."""

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent.parent / "src" / "exeunt"


def test_imports_go_down_never_sideways_or_up() -> None:
    # By itself, since it turns the loggers of its process off.
    command = "from importlinter.cli import lint_imports as lint; raise SystemExit("
    command += "lint(no_cache=True))"
    subprocess.run([sys.executable, "-c", command], check=True, cwd=SOURCES.parents[1])


def test_trios_private_names_live_in_one_file() -> None:
    private = (
        "trio._core",
        "._runner",
        "._cancel_status",
        ".runq",
        "GLOBAL_RUN_CONTEXT",
    )
    touching = {
        path.name
        for path in SOURCES.rglob("*.py")
        if any(name in path.read_text() for name in private)
    }
    assert touching == {"trio_private.py"}


def test_no_module_is_longer_than_the_budget() -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in SOURCES.rglob("*.py")}
    # Trio's private names shall stand in one file, however many there are.
    assert {name for name, n in lengths.items() if n > 300} == {"trio_private.py"}

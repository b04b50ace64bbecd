"""``exeunt explore`` as it is typed."""

from pathlib import Path

import pytest

from exeunt.commands import main

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "overdrawn.py")


def test_a_failure_is_shown_with_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", EXAMPLE, "two_customers"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith(
        "AssertionError: overdrawn: -60\ntwo_customers failed in run"
    )
    assert "come_later, ahead of withdraw: goes on" in shown
    assert shown.endswith(f"exeunt explore {EXAMPLE} two_customers --replay 2h1\n")


def test_what_holds_is_said_to_hold(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["explore", EXAMPLE, "two_careful_customers", "--strategy", "dfs"]
    assert main(arguments) == 0
    assert "there is no other." in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--ticks"], ["--runs=3"], ["--seconds=0"]])
def test_the_search_can_be_narrowed(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explore", EXAMPLE, "two_customers", *option]) == 0
    assert "held in" in capsys.readouterr().out


def test_a_schedule_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["explore", EXAMPLE, "two_customers", "--replay"]
    assert main([*arguments, "2h1"]) == 1
    assert "come_later, ahead of withdraw" in capsys.readouterr().out
    assert main([*arguments, "fifo"]) == 0
    assert capsys.readouterr().out == "fifo: the scenario holds in this order.\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([EXAMPLE, "nobody"], "has no async function 'nobody'"),
        ([EXAMPLE, "Account"], "has no async function 'Account'"),
        (["nowhere.py", "main"], "nowhere.py is no Python file"),
        ([EXAMPLE, "two_customers", "--replay=never"], "'never' is no schedule"),
        ([EXAMPLE, "two_customers", "--strategy=luck"], "no strategy 'luck'"),
    ],
)
def test_what_cannot_be_used_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explore", *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_a_proof_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", EXAMPLE, "two_customers", "--prove"]) == 1
    assert "declare it with touch()" in capsys.readouterr().out
    careful = ["explore", EXAMPLE, "two_careful_customers", "--prove"]
    assert main(careful) == 0
    assert "holds for every order" in capsys.readouterr().out
    assert main([*careful, "--runs=1"]) == 2
    assert "held in 1 run, but there are orders" in capsys.readouterr().err


def test_a_file_that_cannot_be_imported_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_the_kind\n")
    assert main(["explore", str(broken), "main"]) == 2
    assert "No module named 'nothing_of_the_kind'" in capsys.readouterr().err


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    program = tmp_path / "pressed.py"
    program.write_text("async def press() -> None:\n    raise KeyboardInterrupt\n")
    assert main(["explore", str(program), "press"]) == 130


def test_the_readme_shows_it_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(EXAMPLE).parents[1])
    main(["explore", "examples/overdrawn.py", "two_customers"])
    readme = Path("README.md").read_text()
    assert f"```text\n{capsys.readouterr().out}```" in readme

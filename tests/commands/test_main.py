import pytest

from exeunt import commands
from exeunt.commands import main


def test_without_a_command_it_says_how_to_use_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "usage: exeunt" in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    for name, command in commands._COMMANDS.items():
        assert name in shown
        assert command.SUMMARY in " ".join(shown.split())


def test_ctrl_c_while_it_starts_or_ends_makes_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands._COMMANDS["service"], "run", run)
    assert main(["service"]) == 130

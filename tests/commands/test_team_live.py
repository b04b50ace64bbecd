"""The foot of the terminal says who is at work on what."""

import io
import sys

import pytest

from exeunt.commands._live import live
from exeunt.team.progress import Progress
from exeunt.team.roles.news import Drafting, Judged, Settled


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(progress: Progress) -> list[str]:
    """Let a little happen, and return what was shown after each thing."""
    shown: list[str] = []
    progress.show = shown.append
    for news in (
        Drafting("twice", 0, "small"),
        Drafting("half", 1, "large"),
        Judged("twice", 0, "small", passed=True, why="", tokens=1200),
        Settled("twice", accepted=True, attempts=1, why=""),
    ):
        progress.hear(news)
        progress.show(progress.under_way())
    return shown


def test_it_says_who_works_on_what_and_what_that_took() -> None:
    progress = Progress(say=print, wanted=2, spent=lambda: "$0.0002")
    assert told(progress) == [
        "[0/2] | 0 drafts, 0 tokens | $0.0002 | twice #0 by small",
        "[0/2] | 0 drafts, 0 tokens | $0.0002 | twice #0 by small | half #1 by large",
        "[0/2] | 1 draft, 1,200 tokens | $0.0002 | half #1 by large",
        "[1/2] | 1 draft, 1,200 tokens | $0.0002 | half #1 by large",
    ]


def test_a_terminal_shows_it_below_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, lines = Terminal(), list[str]()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(say=lines.append, wanted=2)
    with live(progress):
        progress.show("[0/2] | at work")
        progress.say("a line")
    progress.say("another")
    assert lines == ["a line", "another"]
    assert "[0/2] | at work" in terminal.getvalue()


def test_without_a_terminal_there_are_only_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(say=print)
    with live(progress):
        progress.show("[0/2] | at work")
        progress.say("a line")
    assert capsys.readouterr() == ("a line\n", "")


def test_without_tqdm_there_are_only_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    progress = Progress(say=print)
    with live(progress):
        assert progress.say is print

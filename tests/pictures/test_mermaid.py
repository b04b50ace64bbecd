import re

import pytest
from drawn_events import RUNS, TEXTS
from golden import assert_same
from hypothesis import given
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.mermaid import mermaid

# One text: no character with a meaning but those of numbers such as "#59;".
TEXT = r"(?:[^#;\"<>{}%$@`\\|&*~^+\n]|[#]\d+;)+"
LINE = re.compile(
    rf"""\ {{4}}(?:
        title\ {TEXT}
        | participant\ p\d+\ as\ {TEXT}
        | box\ transparent\ {TEXT}
        | end
        | Note\ over\ p\d+(?:,p\d+)?:\ {TEXT}
        | p\d+(?:->>\+?|-x|-->>-?|--x-?)p\d+:\ {TEXT}
    )""",
    re.VERBOSE,
)


def check(text: str) -> None:
    """Hold the text against the little of Mermaid's grammar that is used."""
    first, *lines, last = text.split("\n")
    assert (first, last) == ("sequenceDiagram", "")
    active: list[str] = []
    for line in lines:
        assert LINE.fullmatch(line), line
        assert line == "    end" or not re.search(r"\bend\b", line, re.IGNORECASE), line
        begins, ends = (
            re.match(r" *p\d+->>\+(p\d+)", line),
            re.match(r" *(p\d+)--(?:>>|x)-p", line),
        )
        if begins:
            active.append(begins[1])
        if ends:
            active.remove(ends[1])
    assert active == []
    known = {m[1] for m in re.finditer(r"participant (p\d+)", text)}
    assert {m[0] for m in re.finditer(r"\bp\d+(?=[-:,])", text)} <= known | {"p"}


def test_the_diagram_of_the_team() -> None:
    text = mermaid(team_run(), title="A feature goes through the team")
    check(text)
    assert_same(text, "team.mmd")


@given(RUNS, TEXTS)
def test_anything_gives_a_diagram(events: list[ev.Event], title: str) -> None:
    check(mermaid(events, title=title))


@given(likely_runs(most=60))
def test_who_is_asked_is_active_until_the_answer(events: list[ev.Event]) -> None:
    text = mermaid(events)
    check(text)
    answered = [event for event in events if isinstance(event, ev.AskAnswered)]
    assert text.count("->>+") == len(answered)


def told(name: str, text: str) -> str:
    script = Script()
    script.starts(name, None, "Agent")
    script.sends(text, name, name)
    return mermaid(script.events)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a; b", "p0->>p0: a#59; b"),
        ('# "<b>"', "p0->>p0: #35; #34;#60;b#62;#34;"),
        ("the end", "p0->>p0: the #101;nd"),
        ("The END, at the bend", "p0->>p0: The #69;ND, at the bend"),
        ("two\nlines", "p0->>p0: two lines"),
        ("a-b ->> c", "p0->>p0: a-b #45;#62;#62; c"),
        ("wrap: x", "p0->>p0: wrap#58; x"),
        ("100 %%", "p0->>p0: 100 #37;#37;"),
        ("\n", "p0->>p0: …"),
        ("x" * 500, f"p0->>p0: {'x' * 79}…"),
    ],
)
def test_what_mermaid_chokes_on_is_a_number(text: str, line: str) -> None:
    assert line in told("Anna", text).split("\n    ")[-1]


def test_names_are_escaped_too() -> None:
    assert "participant p0 as end#58; x#59;" not in told("end: x;", "hello")
    assert "participant p0 as #101;nd#58; x#59;" in told("end: x;", "hello")


def test_a_long_run_says_how_much_is_left_out() -> None:
    script = Script()
    script.starts("Anna", None, "Agent")
    script.starts("Berta", None, "Agent")
    for n in range(1_000):
        script.sends(f"{n}", "Anna", "Berta", "ask")
        script.begins(f"{n}", "Berta")
        script.message(ev.AskAnswered, f"{n}", error=None)
        script.ends(f"{n}")
    text = mermaid(script.events)
    check(text)
    assert len(text.split("\n")) < 140
    assert "Note over p0,p1: … 1,880 steps left out …" in text


def test_an_ask_whose_answer_is_left_out_makes_nobody_active() -> None:
    script = Script()
    script.starts("Anna", None, "Agent")
    script.starts("Berta", None, "Agent")
    for n in range(100):
        script.sends(f"{n}", "Anna", "Berta", "ask")
    for n in range(100):
        script.message(ev.AskAnswered, f"{n}", error=None)
    text = mermaid(script.events)
    check(text)
    assert text.count("->>+") == text.count("-->>-") == 20
    assert text.count("-->>p") == 40


def test_of_a_crowd_some_are_shown() -> None:
    script = Script()
    for n in range(100):
        script.starts(f"agent {n}", None, "Agent")
        script.sends("hello", f"agent {n}", f"agent {n // 2}", key=f"{n}")
    text = mermaid(script.events)
    check(text)
    assert text.count("participant") == 24
    assert "76 agents and tasks left out" in text


def test_a_plain_program_shows_its_tasks() -> None:
    script = Script()
    script.task("main", None, main=True)
    script.opens("nursery", None, "main")
    script.task("child", "nursery")
    script.task_ends("child", "failed", "OSError: gone")
    text = mermaid(script.events)
    check(text)
    assert "box transparent main's nursery" in text
    assert "Note over p1: fails: OSError: gone" in text

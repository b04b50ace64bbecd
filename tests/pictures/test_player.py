"""The page of a player, as far as it can be known without a browser."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from drawn_events import RUNS, TEXTS
from golden import assert_same
from hypothesis import given, strategies as st
from stepping import MAIN, SOURCES, WORK, run_of_two
from team_run import team_run
from test_picture_theme import contrast

from exeunt._model import events as ev
from exeunt.pictures.player.player import player
from exeunt.pictures.svg.theme import DARK, LIGHT

EVIL = "</script></title><script>alert(1)</script><!-- \" ' & <img src=x onerror=y>"


class Page(HTMLParser):
    """Reads a page: its tags, its scripts, and what is in its lines of source."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.tags.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data

    def number(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def data_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Page(page).texts["script"][0])
    return found


def test_the_team_takes_40_kilobytes() -> None:
    page = player(team_run(), title="A feature goes through the team", sources={})
    assert len(page.encode()) <= 40_000


def test_what_the_script_knows_of_a_run() -> None:
    data = json.dumps(data_of(player(run_of_two(), sources=SOURCES)), indent=0)
    rows = re.sub(r"\n(?!\[)", "", data).replace(",[", ",\n[")
    without_xs = re.sub(r"\[(\d+),[\d.]+,", r"[\1,x,", rows)
    assert_same(without_xs + "\n", "two.player.txt")


def test_the_story_and_the_source_can_be_read_without_the_script() -> None:
    page = Page(player(run_of_two(), title="Two", sources=SOURCES))
    said = "".join(page.texts["a"])
    assert "main sends Job(1) to worker" in said
    assert "await send(1)" in "".join(page.texts["div"])
    assert page.texts["title"][0] == page.texts["h1"][0] == "Two"
    (controls,) = [some for _, some in page.tags if some.get("id") == "controls"]
    assert "hidden" in controls


def test_files_come_in_the_order_in_which_they_are_visited() -> None:
    page = Page(player(run_of_two(), sources={"other.py": "", **SOURCES}))
    tabs = [text for text in page.texts["button"] if text.endswith(".py")]
    assert tabs == [MAIN, WORK, "other.py"]


def test_without_sources_nobody_stands_anywhere() -> None:
    page = player(run_of_two(), sources={})
    assert all(
        row[3:] in ([], [{"0": 0}], [{"1": 0}]) for row in data_of(page)["steps"]
    )
    assert "<pre" not in page


def test_places_in_files_that_are_given() -> None:
    rows = data_of(player(run_of_two(), sources={WORK: SOURCES[WORK]}))["steps"]
    assert [row[3] for row in rows if len(row) > 3] == [
        {"0": 0},  # main stands in a file that is not given
        {"1": [0, 2]},
        {"0": 0},
        {"1": 0},
    ]


def test_only_the_script_of_the_page_may_run() -> None:
    page = player(run_of_two(), sources=SOURCES)
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_loaded_from_anywhere() -> None:
    page = player(team_run(), sources=SOURCES)
    addresses = set(re.findall(r"\w+://[^\"' ]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    for tag, attributes in Page(page).tags:
        assert tag not in ("link", "img", "iframe", "object", "base", "form")
        assert not {"src", "href", "action"} & attributes.keys()
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")


def _shape(page: str) -> list[str]:
    return [tag for tag, _ in Page(page).tags]


def test_what_users_say_cannot_leave_its_place() -> None:
    tame = player(run_of_two("tame"), title="tame", sources={MAIN: "tame"})
    evil = player(run_of_two(EVIL), title=EVIL, sources={MAIN: EVIL})
    assert _shape(evil) == _shape(tame)
    page = Page(evil)
    assert page.texts["title"][0] == EVIL
    assert EVIL in "".join(page.texts["div"])
    assert page.texts["script"][1] == Page(tame).texts["script"][1]


def test_names_of_files_and_agents_cannot_leave_their_place() -> None:
    def made(name: str) -> str:
        events = [
            ev.AgentStarted(
                seq=0,
                t=0,
                agent=0,
                scope=None,
                name=name,
                type="A",
                capacity=1,
                by=None,
            ),
            ev.AgentReady(seq=1, t=0, agent=0),
            ev.StoodAt(seq=2, t=0, who=0, file=name, line=1),
        ]
        return player(events, sources={name: "1"})

    assert _shape(made(EVIL)) == _shape(made("tame"))
    assert data_of(made(EVIL))["names"] == {"0": EVIL}
    assert EVIL in Page(made(EVIL)).texts["button"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_are_those_that_python_counts(ends: str) -> None:
    text = ends.join(["one", "two\x0cstill two\u2028still two", "", "four", ""])
    page = Page(player([], sources={"a.py": text}))
    lines = page.texts["div"][-4:]
    assert [line[:3] for line in lines] == ["one", "two", "", "fou"]


def test_letters_that_are_none_or_turn_others_around_are_shown_as_such() -> None:
    text = player([], title="\ud800", sources={"a\udfff.py": "a\ud800b\u202ec\x00d\te"})
    assert "<div>a\ufffdb\ufffdc\ufffdd\te</div>" in text
    assert text.encode()


@given(RUNS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_any_run_can_be_played(
    events: list[ev.Event], title: str, sources: dict[str, str]
) -> None:
    text = player(events, title=title, sources=sources)
    assert text.encode()
    page = Page(text)
    assert page.number("script") == 2
    assert page.number("li") == len(data_of(text)["steps"])
    assert page.number("pre") == len(sources)


def test_a_run_of_nothing() -> None:
    assert "A run" in player([], sources={})


def _colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):(#\w+)", text))


def test_text_stands_out_from_its_ground() -> None:
    style = player([], sources={}).partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media(prefers-color-scheme:dark)")
    dark = dark.partition("*{")[0]
    for theirs, own in ((LIGHT, _colours(light)), (DARK, _colours(dark))):
        assert set(own) == {"now", "on-now", "mark"}
        colours = {
            name: colour
            if len(colour) == 7
            else "#" + "".join(c * 2 for c in colour[1:])
            for name, colour in {**theirs, **own}.items()
        }
        for ink, ground in (
            *(("on-now", "now"), ("now", "bg"), ("ink", "mark"), ("mute", "mark")),
            *(("bad", "mark"), ("bad", "bg"), ("bad", "box"), ("mute", "bg")),
            *(("mute", "box2"), ("ink", "box2"), ("ink", "box")),
        ):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_a_run_longer_than_its_picture_can_be_played() -> None:
    events = [ev.Noted(seq=n, t=float(n), who=None, text=str(n)) for n in range(700)]
    rows = data_of(player(events, sources={}))["steps"]
    xs = [row[1] for row in rows]
    assert len(rows) == 700
    assert xs == sorted(xs)
    assert xs[0] == xs[400] < xs[500] < xs[-1] <= 720

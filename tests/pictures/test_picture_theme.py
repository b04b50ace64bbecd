"""Every text can be read, in the light and in the dark."""

import re

import pytest
from team_run import team_run

from exeunt.pictures.svg.picture import picture
from exeunt.pictures.svg.theme import DARK, INKS, LIGHT, style


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("ink", "ground"), INKS)
def test_text_stands_out(ink: str, ground: str) -> None:
    for colours in (LIGHT, DARK):
        assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("mark", ["rim", "edge", "bad", "again", "room", "mute"])
def test_marks_can_be_seen(mark: str) -> None:
    for colours in (LIGHT, DARK):
        for ground in ("bg", "box", "box2"):
            assert contrast(colours[mark], colours[ground]) >= 2.6


def test_both_themes_have_the_same_colours() -> None:
    assert list(LIGHT) == list(DARK)


def test_only_colours_that_there_are() -> None:
    used = set(re.findall(r"var\(--(\w+)", style("auto")))
    assert used - set(LIGHT) <= {"ground"}


def test_every_class_has_its_looks() -> None:
    svg = picture(team_run(), title="Team")
    rules = style("auto")
    for names in set(re.findall(r'class="([^"]+)"', svg)):
        for name in names.split():
            assert f".{name}" in rules, name


def test_text_colours_are_those_whose_contrast_is_known() -> None:
    inks = {ink for ink, _ in INKS}
    assert set(re.findall(r"\.(?:t-)?\w+\{fill:var\(--(\w+)\)\}", style("dark"))) >= {
        "mute"
    }
    for name in ("bad", "again", "room", "mute", "ink"):
        assert name in inks


def test_a_page_may_say_its_theme() -> None:
    assert "[data-theme=dark]" in picture([])
    assert LIGHT["bg"] not in picture([], theme="dark")
    assert DARK["bg"] not in picture([], theme="light")

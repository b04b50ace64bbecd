"""Nothing sticks out of its box, whatever is drawn."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from hypothesis import given
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.scene import Scene
from exeunt.pictures.svg.boxes import Stage
from exeunt.pictures.svg.drawing import lay_out, picture_strips
from exeunt.pictures.svg.text import width
from exeunt.pictures.svg.view import view

SLACK = 0.2  # numbers are rounded to one decimal


def spans(svg: str) -> list[tuple[float, float]]:
    """From where to where each shape and text of a lane reaches."""
    found: list[tuple[float, float]] = []
    for element in ET.fromstring(f"<g>{svg}</g>").iter():
        if element.tag == "rect":
            x = float(element.attrib["x"])
            found.append((x, x + float(element.attrib["width"])))
        elif element.tag == "text":
            x = float(element.attrib["x"])
            found.append((x, x + width(element.text or "")))
        elif element.attrib.get("class") == "x":
            found.append(cross(element.attrib["d"]))
        elif element.tag == "circle":
            x, r = float(element.attrib["cx"]), float(element.attrib["r"])
            found.append((x - r, x + r))
        elif element.tag == "path" and (
            m := re.match(r"M([\d.-]+) ", element.attrib["d"])
        ):
            ends = re.findall(r"H([\d.-]+)", element.attrib["d"])
            xs = [float(m[1]), *map(float, ends)]
            found.append((min(xs), max(xs)))
    return found


def cross(steps: str) -> tuple[float, float]:
    x, side = map(float, re.findall(r"^M([\d.-]+) .*?l([\d.]+)", steps)[0])
    return x, x + side


def boxes(events: Sequence[ev.Event]) -> Stage:
    scene, shown = Scene.of(events), view(events)
    line = lay_out(scene, shown, 720)
    stage = Stage(scene, line, picture_strips(scene, line), scene.held())
    stage.place(None, 0)
    return stage


def assert_inside(events: Sequence[ev.Event]) -> None:
    stage = boxes(events)
    by_number = {box.scope.number: box for box in stage.boxes}
    for box in stage.boxes:
        around = by_number.get(-1 if box.scope.parent is None else box.scope.parent)
        assert box.x0 <= box.x1
        if around:
            assert around.x0 - SLACK <= box.x0 <= box.x1 <= around.x1 + SLACK
            assert around.y0 < box.y0 < box.y1 <= around.y1
    for number, middle in stage.lanes.items():
        strip = stage.strips[number]
        scope = strip.figure.scope
        home = by_number.get(-1 if scope is None else scope)
        if home is None:
            continue
        assert home.y0 <= middle - strip.above
        assert middle + strip.below <= home.y1
        for x0, x1 in spans(strip.svg):
            assert home.x0 - SLACK <= x0 <= x1 <= home.x1 + SLACK


def test_in_the_team() -> None:
    assert_inside(team_run())


@given(likely_runs())
def test_whatever_is_likely(events: list[ev.Event]) -> None:
    assert_inside(events)


def test_what_leaves_after_its_box_was_closed() -> None:
    s = Script()
    s.task("main", None, main=True)
    s.opens("crew", None, "main")
    s.starts("late", "crew", "Late")
    s.ready("late")
    s.sends("job", "main", "late")
    s.begins("job", "late")
    s.now = 1.0
    s.closes("crew")
    s.now = 2.0
    s.ends("job", "failed", "ValueError: far too late")
    s.left("late", "crashed", "ValueError: far too late")
    assert_inside(s.events)

"""The plots of the page "Mediocre workers, good team": measured beside theory.

``python -m benchmarks.mediocre.plots`` draws them again. The only file that needs
matplotlib.
"""

import io
import re
from collections.abc import Callable, Sequence
from functools import partial
from math import exp, lgamma
from pathlib import Path

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from exeunt.team.mechanisms.binomials import interval
from exeunt.team.mechanisms.gating import delivered, trust
from exeunt.team.mechanisms.voting import chance

from .judging import Judged, judged
from .simulating import gates, races
from .tables import DOORS, by_task, drawn as without_repairs, goodput

FOLDER = Path(__file__).parents[2] / "docs/_static/mediocre"
INK, FAINT = "#333333", "#999999"
COLOURS = ("#1f6fb4", "#c4531b", "#2c7d3f", "#8347a8")
_DARK = f"""<style>
@media (prefers-color-scheme: dark) {{
[style*="fill: {INK}"] {{ fill: #dddddd !important }}
[style*="stroke: {INK}"] {{ stroke: #dddddd !important }}
[style*="stroke: {COLOURS[0]}"] {{ stroke: #6fb4ee !important }}
[style*="fill: {COLOURS[0]}"] {{ fill: #6fb4ee !important }}
[style*="stroke: {COLOURS[1]}"] {{ stroke: #f0935f !important }}
[style*="fill: {COLOURS[1]}"] {{ fill: #f0935f !important }}
[style*="stroke: {COLOURS[2]}"] {{ stroke: #74c987 !important }}
[style*="fill: {COLOURS[2]}"] {{ fill: #74c987 !important }}
[style*="stroke: {COLOURS[3]}"] {{ stroke: #c79ae6 !important }}
[style*="fill: {COLOURS[3]}"] {{ fill: #c79ae6 !important }}
}}
</style>"""

mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "exeunt",
        "font.family": "sans-serif",
        "font.size": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=COLOURS),
        "legend.frameon": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)


def drawn(draw: Callable[[Axes], None], across: str, up: str) -> str:
    """Draw one plot as SVG, for light and dark pages."""
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=across, ylabel=up, ylim=(0, 1.03))
    draw(axes)
    axes.legend(loc="best")
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return re.sub(r"(<svg [^>]*>)", lambda svg: svg[0] + _DARK, out.getvalue(), count=1)


def _measured(
    axes: Axes,
    xs: Sequence[float],
    of: Sequence[tuple[int, int]],
    label: str = "",
    color: str = COLOURS[0],
) -> None:
    """Mark shares with the bounds of 99 %."""
    shares = [count / many for count, many in of]
    bounds = [interval(count, many, 0.99) for count, many in of]
    low = [max(0.0, s - b[0]) for s, b in zip(shares, bounds, strict=True)]
    high = [max(0.0, b[1] - s) for s, b in zip(shares, bounds, strict=True)]
    axes.errorbar(
        xs,
        shares,
        [low, high],
        fmt="o",
        capsize=3,
        markersize=5,
        color=color,
        label=label,
    )


def drafts(verdicts: Sequence[Judged], axes: Axes) -> None:
    """Show how many tasks are done after so many drafts."""
    tasks = by_task(verdicts, "tasks")
    most = range(1, 14)
    done = [
        sum(
            next((each.right for each in all_[:n] if each.accepted), False)
            for all_ in tasks.values()
        )
        for n in most
    ]
    first = done[0] / len(tasks)
    _measured(axes, most, [(n, len(tasks)) for n in done], label="measured, and 99 %")
    alike = [delivered(first, 0, n) for n in most]
    axes.plot(most, alike, color=COLOURS[1], label="if all tasks were equally hard")
    unlike = [solved(n, *difficulty(list(tasks.values()))) for n in most]
    axes.plot(most, unlike, "--", color=COLOURS[2], label="if they differ as fitted")


def difficulty(
    tasks: Sequence[Sequence[Judged]], drafts: int = 4
) -> tuple[float, float]:
    """Fit a Beta distribution to the chances of the tasks, by its first two moments."""
    right = [sum(each.right for each in all_[:drafts]) for all_ in tasks]
    mean = sum(right) / (drafts * len(tasks))
    pairs = drafts * (drafts - 1) * len(tasks)
    variance = sum(r * (r - 1) for r in right) / pairs - mean**2
    size = mean * (1 - mean) / variance - 1
    return mean * size, (1 - mean) * size


def solved(most: int, a: float, b: float) -> float:
    """Say how likely one of so many drafts is right, if tasks differ like that.

    The chance that none is has the mean ``B(a, b + most) / B(a, b)`` (Skellam, 1948).
    """
    return 1 - exp(lgamma(b + most) + lgamma(a + b) - lgamma(b) - lgamma(a + b + most))


def gate(_: Sequence[Judged], axes: Axes) -> None:
    """Hold simulated gates against the formula."""
    most = range(1, 13)
    for colour, (p, alpha) in zip(
        COLOURS, ((0.2, 0.0), (0.2, 0.05), (0.5, 0.05), (0.5, 0.3)), strict=True
    ):
        found = [(gates(p, alpha, n, 2000), 2000) for n in most]
        _measured(axes, most, found, color=colour, label=f"p = {p}, α = {alpha}")
        axes.plot(most, [delivered(p, alpha, n) for n in most], color=colour)


def votes(_: Sequence[Judged], axes: Axes) -> None:
    """Hold simulated races against the formula."""
    leads = range(1, 7)
    for colour, p in zip(COLOURS, (0.9, 0.75, 0.6, 0.4), strict=True):
        found = [(races(p, k, 2000)[0], 2000) for k in leads]
        _measured(axes, leads, found, color=colour, label=f"p = {p}")
        axes.plot(leads, [chance(p, k) for k in leads], color=colour)


def leaking(verdicts: Sequence[Judged], axes: Axes) -> None:
    """Show what an accepted draft is worth behind gates of few examples."""
    sound = [each for each in without_repairs(verdicts) if not each.flagged]
    wrong = sum(not each.right for each in sound)
    p = 1 - wrong / len(sound)
    line = [n / 200 for n in range(201)]
    axes.plot(line, [trust(p, a) for a in line], label="p / (p + (1 - p) α)")
    for size in (0, 1, 2, 5):
        passed = [each for each in sound if each.examples >= size]
        leaked = sum(not each.right for each in passed)
        right = len(passed) - leaked
        at = leaked / wrong
        _measured(axes, [at], [(right, len(passed))], color=COLOURS[1])
        axes.annotate(
            f"{size} example{'s' * (size != 1)}",
            (at, right / len(passed)),
            (8, 8),
            textcoords="offset points",
        )


def doors(_: Sequence[Judged], axes: Axes) -> None:
    """Compare ways to say how much work is taken on."""
    loads = [0.5, 0.8, 1, 1.5, 2, 3, 4]
    for (label, door), style in zip(
        DOORS.items(), ("-o", "-s", "-^", "-v"), strict=True
    ):
        axes.plot(loads, [goodput(door, load) for load in loads], style, label=label)


PLOTS: dict[str, tuple[Callable[[Sequence[Judged], Axes], None], str, str]] = {
    "drafts": (drafts, "drafts at the most", "tasks accepted and right"),
    "gate": (gate, "drafts at the most", "accepted and right"),
    "votes": (votes, "ahead by k", "races won by what is right"),
    "leaking": (leaking, "α: wrong drafts that pass", "right among the accepted"),
    "doors": (doors, "load", "done in time, of what could be"),
}


def main() -> None:
    """Draw all of them."""
    verdicts = judged()
    FOLDER.mkdir(exist_ok=True)
    for name, (draw, across, up) in PLOTS.items():
        text = drawn(partial(draw, verdicts), across, up)
        (FOLDER / f"{name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

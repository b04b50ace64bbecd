"""Laws 10, 12 and 24: what goes on within the turns."""

import trio

from ..._core.failures import leaves, without_cancelled
from .laws import Bench, Broken, Law
from .likeness import alike
from .play import Play


def crash_surfaces_once(play: Play, _: Bench) -> None:
    """Law 10."""
    if play.outcome is None or play.first("never left"):
        return
    told = play.outcome.error
    expected = [] if told is None else [told]
    if [*map(id, play.crashes)] != [*map(id, expected)]:
        raise Broken(
            f"{play.crashes!r} came out of its nursery, and its outcome says {told!r}"
        ) from next(iter(play.crashes), None)
    if any(isinstance(x, trio.Cancelled) for e in play.crashes for x in leaves(e)):
        raise Broken(f"there is a Cancelled in {told!r}") from told
    for turn in play.turns:
        if turn.how == "failed" and turn.error is not None:
            _is_the_crash(turn.error, told)


def _is_the_crash(error: BaseException, told: BaseException | None) -> None:
    failure = without_cancelled(error)
    raised = {id(leaf) for leaf in leaves(failure or error)}
    shown = set[int]() if told is None else {id(leaf) for leaf in leaves(told)}
    if not raised <= shown:
        raise Broken(
            f"a turn raised {failure!r}, and the agent's error is {told!r}"
        ) from failure


def serial(play: Play, _: Bench) -> None:
    """Law 12."""
    open_turn: object = None
    for entry in play.of("begun", "ended"):
        if entry.what == "begun" and open_turn is not None:
            raise Broken(f"{entry.detail!r} was begun before another turn had ended")
        open_turn = entry if entry.what == "begun" else None
    for turn in play.turns:
        if turn.overtaken:
            task, message = turn.overtaken
            raise Broken(
                f"task {task} still works on {turn.message!r}, whose turn is over, "
                f"while {message!r} is handled"
            )


def same_again(play: Play, bench: Bench) -> None:
    """Law 24."""
    again = bench.again(play.drawn)
    for one, two in zip(play.entries, again.entries, strict=False):
        there = (one.what, one.number, one.at, one.step)
        if there != (two.what, two.number, two.at, two.step):
            raise Broken(
                f"the first time there was {_said(one.what)} at {one.at:g} s (step "
                f"{one.step}), the second time {_said(two.what)} at {two.at:g} s (step "
                f"{two.step})"
            )
        if not alike(one.detail, two.detail):
            raise Broken(
                f"{_said(one.what)} first {one.detail!r}, and then {two.detail!r}"
            )
    if len(play.entries) != len(again.entries):
        raise Broken("one play was longer than the other")


def _said(what: str) -> str:
    return f"'{what}'"


LAWS = (
    Law(
        10,
        "crash surfaces once",
        "A crash comes out of the nursery once and as itself.",
        "any",
        crash_surfaces_once,
    ),
    Law(12, "serial", "One message is handled at a time.", "any", serial),
    Law(
        24,
        "schedule independence",
        "With the same messages in the same order of steps, the same happens.",
        "any",
        same_again,
    ),
)

"""Laws 6 to 9, 22, 25 and 26: how an agent leaves the stage."""

import attrs

from ..._core.life import Life
from ..._model.lifecycle import Reason, State
from .laws import Bench, Broken, Law
from .likeness import alike
from .play import Entry, Play
from .scene import End, Scene


def lossless_drain(play: Play, bench: Bench) -> None:
    """Law 6."""
    if play.first("still there"):
        raise Broken(f"it had not left {bench.setting.patience:g} s after stop()")
    if play.outcome is None or any(turn.left_open for turn in play.turns):
        return  # law 26 has a word for that
    error = play.outcome.error
    if error is not None:
        if isinstance(error, bench.setting.crashes):
            return
        raise Broken(f"it was stopped, and crashed: {error!r}") from error
    if play.outcome.reason is not Reason.STOPPED:
        raise Broken(f"it was stopped, and its outcome says {play.outcome.reason}")
    lost = play.outcome.ledger.accepted - play.outcome.ledger.handled
    if lost:
        raise Broken(f"it was stopped, and {lost} messages were not handled")


def stop_semilattice(play: Play, bench: Bench) -> None:
    """Law 7."""
    ends = play.drawn.ends
    for other in (ends[::-1], ends * 2):
        again = bench.again(attrs.evolve(play.drawn, ends=other))
        for what, one, two in zip(
            ("reason", "ledger", "time of the end"),
            _gist(play),
            _gist(again),
            strict=True,
        ):
            if not alike(one, two):
                raise Broken(
                    f"the {what} is {one} after {_ways(ends)}, but {two} after "
                    f"{_ways(other)}"
                )


def _gist(play: Play) -> tuple[object, object, object]:
    closed = play.first("closed")
    if play.outcome is None or closed is None:
        return None, None, None
    return str(play.outcome.reason), str(play.outcome.ledger), closed.at


def _ways(ends: tuple[End, ...]) -> str:
    return " and ".join(f"{end.way}()" for end in ends)


def bounded_stop(play: Play, bench: Bench) -> None:
    """Law 8."""
    cleanup = bench.setting.cleanup
    for turn in play.turns:
        if turn.swallowed:
            raise Broken(
                f"the turn with {turn.message!r} was cancelled, and swallowed that"
            )
    if play.failure is not None:
        raise Broken(f"it never left: {play.failure}") from play.failure
    if play.first("never left"):
        raise Broken(f"it had not left {bench.setting.patience:g} s after cancel()")
    if play.outcome and play.outcome.cleanup_timed_out:
        raise Broken(f"leaving its lifespan took more than {cleanup:g} s")
    asked, closed = play.cancelled, play.first("closed")
    if asked is None or closed is None or _waits_its_turn(asked, bench):
        return
    if closed.at - asked.at > cleanup:
        raise Broken(f"it left {closed.at - asked.at:g} s after it was cancelled")


def bounded_cleanup(play: Play, bench: Bench) -> None:
    """Law 8, for those who take too long."""
    leaving, gone, closed = map(play.first, ("leaving", "gone", "closed"))
    if leaving is None or closed is None or play.outcome is None:
        return
    if gone is None or gone.detail is not None:
        return  # it did not come to taking long
    if not play.outcome.cleanup_timed_out:
        raise Broken("leaving its lifespan took too long, and its outcome is silent")
    took = closed.at - leaving.at
    if took > bench.setting.cleanup:
        raise Broken(f"leaving its lifespan was cut short after {took:g} s only")


def _waits_its_turn(asked: Entry, bench: Bench) -> bool:
    return bench.setting.supervised and asked.what == "outer_cancel"


def no_start_after_cancel(play: Play, _: Bench) -> None:
    """Law 9."""
    cancelled = play.first("cancel")
    if cancelled is None:
        return
    for entry in play.entries[play.entries.index(cancelled) :]:
        if entry.what == "begun":
            raise Broken(f"{entry.detail!r} was begun after cancel()")


def control_priority(play: Play, bench: Bench) -> None:
    """Law 22."""
    none, one, many = (bench.again(_with_queue(play.drawn, n)) for n in (0, 1, 12))
    refusals = [_steps(it, "stop", "refused", "step") for it in (one, many)]
    leavings = [_steps(it, "cancel", "closed", "own") for it in (none, many)]
    for what, (few, more), size in (
        ("refuse a sender that waits when stop() is called", refusals, 1),
        ("leave after cancel()", leavings, 0),
    ):
        if few != more:
            raise Broken(
                f"to {what} took {few} steps with a queue of {size}, and {more} steps "
                "with one of 12"
            )


def _with_queue(scene: Scene, size: int) -> Scene:
    first, *crowd, late = scene.lines
    behind = (*crowd[:size], late) if size else ()
    return attrs.evolve(scene, lines=(first, *behind), capacity=max(1, size))


def _steps(play: Play, since: str, until: str, whose: str) -> int | None:
    begin, end = play.first(since), play.first(until)
    if begin is None or end is None:
        return None
    steps: int = getattr(end, whose) - getattr(begin, whose)
    return steps


def cleanup_once(play: Play, _: Bench) -> None:
    """Law 25."""
    entered, leaving, gone = (
        len(play.of(what)) for what in ("entered", "leaving", "gone")
    )
    if entered != leaving:
        raise Broken(f"lifespan was entered {entered} and left {leaving} times")
    if play.outcome is None:
        return
    if gone != leaving:
        raise Broken("leaving lifespan began and did not end")
    for entry in play.of("gone"):
        new = isinstance(entry.detail, Exception) and entry.detail is play.outcome.error
        if new and not any(turn.how == "failed" for turn in play.turns):
            raise Broken(f"leaving lifespan raised {entry.detail!r}") from entry.detail


def no_leaks(play: Play, _: Bench) -> None:
    """Law 26."""
    for turn in play.turns:
        if turn.left_open:
            raise Broken(f"the turn with {turn.message!r} left a cancel scope open")
    if play.stayed:
        raise Broken(f"it had left, and tasks of it went on: {', '.join(play.stayed)}")
    if play.outcome is None or play.first("still there"):
        return
    for life in play.lives:
        _nothing_left(life)


def _nothing_left(life: Life) -> None:
    if life.state is not State.CLOSED:
        raise Broken(f"agent {life.name!r} is still there, {life.state}")
    box = life.mailbox
    # A worker takes from its pool's mailbox and has none of its own.
    for end in () if life.pool else (box.inlet, box.outlet):
        seen = end.statistics()
        if seen.open_send_channels or seen.open_receive_channels:
            raise Broken(f"the mailbox of {life.name!r} is still open")
    if life.deferred:
        raise Broken(f"{len(life.deferred)} replies of {life.name!r} are not settled")
    if box.line or box.sleeper or life.watchers or life.waits_for:
        raise Broken(f"somebody still waits for {life.name!r}, or it for somebody")


LAWS = (
    Law(
        6,
        "lossless drain",
        "An agent that is stopped handles everything that it has accepted, and leaves.",
        "peaceful",
        lossless_drain,
    ),
    Law(
        7,
        "stop semilattice",
        "In whatever order and however often it is asked to end, it ends the same way.",
        "crowd",
        stop_semilattice,
    ),
    Law(
        8,
        "bounded stop",
        "An agent that is cancelled leaves, within its cleanup seconds.",
        "any",
        bounded_stop,
    ),
    Law(
        8,
        "bounded cleanup",
        "Leaving lifespan is cut short after the cleanup seconds.",
        "overrunning",
        bounded_cleanup,
    ),
    Law(
        9,
        "no start after cancel",
        "After cancel() no message is begun.",
        "any",
        no_start_after_cancel,
    ),
    Law(
        22,
        "control priority",
        "However long the queue is, stop() and cancel() take the same time.",
        "queue",
        control_priority,
    ),
    Law(
        25,
        "cleanup once",
        "Lifespan is left once if it was entered, without an error of its own.",
        "any",
        cleanup_once,
    ),
    Law(
        26,
        "no leaks",
        "Nothing outlives the agent: no task, no open mailbox, no reply, no scope.",
        "any",
        no_leaks,
    ),
)

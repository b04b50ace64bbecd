"""Laws 5, 11 and 16: every ask ends, in time, and what its asker left is left."""

from ..._model.words import shown
from ...exceptions import AgentCrashed, ReplyDropped
from .laws import Bench, Broken, Law
from .play import Play, Result


def ask_totality(play: Play, bench: Bench) -> None:
    """Law 5."""
    for number, result in play.asked():
        message = shown(play.message(number))
        if result is None:
            stuck = play.first("stuck")
            # If it does not leave although it was cancelled, law 8 has a word for that.
            has_left = play.outcome is not None and not play.first("still there")
            if stuck and (
                has_left or not play.cancelled or play.cancelled.at > stuck.at
            ):
                raise Broken(
                    f"who asked {message} had no answer after "
                    f"{bench.setting.patience:g} s"
                )
        else:
            _true_answer(play, number, result)


def _true_answer(play: Play, number: int, result: Result) -> None:
    message, turn = shown(play.message(number)), play.turn(number)
    how = None if turn is None else turn.how
    match result.what, result.value:
        case "surprised", error:
            raise Broken(f"who asked {message} got {error!r}")
        case "lost", ReplyDropped():
            raise Broken(f"the reply to {message} was deferred and then lost")
        case "answered", answer if turn is not None and not turn.deferred:
            if how == "handled" and answer is not turn.value:
                raise Broken(
                    f"{message} was answered with {shown(answer)}, and the "
                    f"handler had returned {shown(turn.value)}"
                )
        case "answered", answer if turn is None:
            raise Broken(f"{message} was never begun, and answered: {shown(answer)}")
        case "lost", AgentCrashed() if how != "failed":
            raise Broken(f"who asked {message} heard of a crash, but it was {how}")
        case "lost", error if how not in {None, "streamed", "postponed"}:
            if error.fate != how:
                raise Broken(
                    f"who asked {message} was told {error.fate}, but it was {how}"
                )
        case _:
            pass


def answers_before_cleanup(play: Play, _: Bench) -> None:
    """Law 11."""
    waited = play.first("waited for its askers")
    if waited is not None and waited.detail:
        raise Broken(f"when it left its lifespan, {waited.detail} asks had no answer")


def abandon(play: Play, _: Bench) -> None:
    """Law 16."""
    for number, result in play.asked():
        turn = play.turn(number)
        if result is None or result.what != "left" or turn is None:
            continue
        message = play.message(number)
        left, begun = play.place("left", number), play.place("begun", number)
        if left is not None and begun is not None and left < begun:
            raise Broken(f"{shown(message)} was begun when its asker had left")
        linked = getattr(type(message), "__linked__", False)
        linked = linked or play.line(number).way == "stream"
        cut_short = turn.how == "interrupted" and play.cancelled is None
        if cut_short and not linked and play.outcome and play.outcome.error is None:
            raise Broken(f"{shown(message)} was cut short when its asker left")


LAWS = (
    Law(
        5,
        "ask totality",
        "Every ask ends, and what its asker is told is what became of it.",
        "any",
        ask_totality,
    ),
    Law(
        11,
        "answers before cleanup",
        "Everybody who asked is answered before the agent leaves its lifespan.",
        "hosting",
        answers_before_cleanup,
    ),
    Law(
        16,
        "abandon",
        "An ask whose asker leaves before it is begun is never begun; one that has "
        "been begun is finished, unless it is linked.",
        "any",
        abandon,
    ),
)

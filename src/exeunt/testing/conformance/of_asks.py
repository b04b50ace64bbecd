"""Laws 5, 11 and 16: every ask ends, in time, and what its asker left is left."""

from ..._model.words import shown
from ...exceptions import AgentCrashed, ReplyDropped
from .laws import Bench, Broken, Law
from .play import Play, Result, Turn


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
            lies = [_lie(message, result, turn) for turn in play.turns_for(number)]
            if all(lies):
                raise Broken(lies[0])


def _lie(message: str, result: Result, turn: Turn | None) -> str | None:
    """Return what is wrong about *result* if that was its turn."""
    how = None if turn is None else turn.how
    match result.what, result.value:
        case "surprised", error:
            return f"who asked {message} got {error!r}"
        case "lost", ReplyDropped():
            return f"the reply to {message} was deferred and then lost"
        case "answered", answer if turn is not None and not turn.deferred:
            if how == "handled" and answer is not turn.value:
                return (
                    f"{message} was answered with {shown(answer)}, and the "
                    f"handler had returned {shown(turn.value)}"
                )
        case "answered", answer if turn is None:
            return f"{message} was never begun, and answered: {shown(answer)}"
        case "lost", AgentCrashed() if how != "failed":
            return f"who asked {message} heard of a crash, but it was {how}"
        case "lost", error if how not in {None, "streamed", "postponed"}:
            if error.fate != how:
                return f"who asked {message} was told {error.fate}, but it was {how}"
        case _:
            pass
    return None


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
        if play.is_shared(number):
            continue  # the turn may have been another's
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

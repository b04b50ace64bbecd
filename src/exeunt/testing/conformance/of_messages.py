"""Laws 1 to 4: no message is lost, nobody is lied to, and all come in order."""

from collections import Counter
from itertools import pairwise

from ..._model.outcome import Ledger
from ..._model.words import shown
from .laws import Bench, Broken, Law
from .likeness import alike
from .play import Play


def conservation(play: Play, _: Bench) -> None:
    """Law 1."""
    _unchanged(play)
    if play.outcome is None:
        return
    ledger = play.outcome.ledger
    if ledger.accepted != ledger.settled:
        raise Broken(f"{ledger.settled} fates for {ledger.accepted} messages")
    _as_the_turns_say(play, ledger)
    for number, result in play.results.items():
        message = play.message(number)
        turns = sum(turn.message is message for turn in play.turns)
        known = turns + play.undelivered(number)
        if result.what == "accepted" and play.accepted(number) > known:
            raise Broken(
                f"{shown(message)} was accepted, and neither begun nor given back"
            )


def _unchanged(play: Play) -> None:
    for number, before in enumerate(play.before):
        after = play.message(number)
        if not alike(before, after):
            raise Broken(f"{shown(before)} was changed: it is {shown(after)} now")


def _as_the_turns_say(play: Play, ledger: Ledger) -> None:
    if play.life.lane is not None or len(play.lives) > 1:
        return  # ticks and what comes back are turns too, and cannot all be seen
    seen = Counter(turn.how for turn in play.turns)
    if seen["streamed"]:
        return  # what became of it was decided later
    for how in ("handled", "failed", "interrupted"):
        told = getattr(ledger, how)
        if told != seen[how]:
            raise Broken(f"the ledger says {told} {how}, and there were {seen[how]}")


def truthful_sender(play: Play, _: Bench) -> None:
    """Law 2."""
    for number, result in play.results.items():
        message = play.message(number)
        if result.what == "surprised" and play.line(number).way in {
            "send",
            "send_nowait",
        }:
            raise Broken(f"who sent {shown(message)} got {result.value!r}")
        if result.what != "refused":
            continue
        if result.value.message is not message:
            raise Broken(
                f"the error for {shown(message)} brings {shown(result.value.message)}"
            )
        if play.is_shared(number):
            continue  # it may have been another's, or the agent's own
        if play.turn(number) is not None or play.undelivered(number):
            raise Broken(f"{shown(message)} was refused, and accepted all the same")


def intake_closes(play: Play, _: Bench) -> None:
    """Law 3."""
    asked_to_leave = play.first("stop", "cancel")
    if asked_to_leave is None:
        return
    since = play.entries.index(asked_to_leave)
    for entry in play.entries[since:]:
        if entry.what != "offered" or entry.number is None:
            continue
        came = play.results.get(entry.number)
        if came is not None and came.what not in {"refused", "left", "surprised"}:
            raise Broken(
                f"{shown(play.message(entry.number))} was {came.what} after the agent "
                "had been asked to leave"
            )
    room = play.scene.capacity + 1
    if play.outcome and play.life.lane is None and len(play.outcome.undelivered) > room:
        raise Broken(
            f"{len(play.outcome.undelivered)} messages came back undelivered, with "
            f"room for {room}"
        )


def order(play: Play, _: Bench) -> None:
    """Law 4."""
    numbers = [entry.number for entry in play.of("offered")]
    offered = [n for n in numbers if n is not None and not play.is_shared(n)]
    begun = [*dict.fromkeys(t.number for t in play.turns if t.number in offered)]
    back = [n for n in offered if play.undelivered(n)]
    started = begun + [number for number in back if number not in begun]
    for earlier, later in pairwise(started):
        if offered.index(earlier) > offered.index(later):
            raise Broken(
                f"{shown(play.message(later))} was accepted first, and "
                f"{shown(play.message(earlier))} came before it"
            )


LAWS = (
    Law(
        1,
        "conservation",
        "Every accepted message has exactly one fate, and nobody changes it.",
        "any",
        conservation,
    ),
    Law(
        2,
        "truthful sender",
        "send returns if, and only if, the message was accepted; an error from send "
        "carries that very message.",
        "any",
        truthful_sender,
    ),
    Law(
        3,
        "intake closes at the call",
        "What is sent after stop() or cancel() returned is refused.",
        "any",
        intake_closes,
    ),
    Law(
        4,
        "order",
        "Messages are begun in the order in which they were accepted.",
        "any",
        order,
    ),
)

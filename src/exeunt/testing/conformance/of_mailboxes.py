"""Laws 1 to 4 and 21, of mailboxes alone."""

from collections.abc import Callable, Hashable
from math import inf
from typing import Any

import attrs
import trio

from ..._model.words import shown
from ...exceptions import AgentClosed
from .laws import Bench, Broken, Law
from .play import Play

_CLOSED = (trio.ClosedResourceError, trio.BrokenResourceError, AgentClosed)


@attrs.frozen
class MailboxSetting:
    """How a mailbox was made."""

    capacity: float
    overflow: str
    key: Callable[[Any], Hashable] | None

    @property
    def drops(self) -> bool:
        """Whether it gives up messages."""
        return self.overflow in {"drop_newest", "drop_oldest", "latest"}


def nothing_lost(play: Play, bench: Bench) -> None:
    """Law 1."""
    for entry in play.of("taken"):
        if entry.number is None:
            raise Broken(
                f"{shown(entry.detail)} came out, and was not inside: it was refused, "
                "or had come out before, or is another one"
            )
    if bench.setting.drops:
        return
    cut_off = play.first("cancel")
    for number, result in play.results.items():
        known = _came_out(play, number) + play.undelivered(number)
        if result.what != "accepted" or play.accepted(number) <= known:
            continue
        if cut_off is None or play.outcome is not None:
            raise Broken(f"{shown(play.message(number))} went in and never came out")


def truthful_sender(play: Play, _: Bench) -> None:
    """Law 2."""
    for number, result in play.results.items():
        error: Any = result.value
        message = play.message(number)
        if result.what != "refused":
            continue
        if not _is_known(error):
            raise Broken(f"who sent {shown(message)} got {error!r}")
        if getattr(error, "message", message) is not message:
            raise Broken(
                f"the error for {shown(message)} brings {shown(error.message)}"
            )
        if _came_out(play, number) > _perhaps_inside(play, number):
            raise Broken(f"{shown(message)} was refused, and came out")


def _came_out(play: Play, number: int) -> int:
    """Return how often the message of a line came out."""
    message = play.message(number)
    return sum(entry.detail is message for entry in play.of("taken"))


def _perhaps_inside(play: Play, number: int) -> int:
    """Return how many lines with the message of this one were not refused."""
    message = play.message(number)
    said = [n for n, line in enumerate(play.scene.lines) if line.message is message]
    results = [play.results.get(each) for each in said]
    return sum(result is None or result.what != "refused" for result in results)


def _is_known(error: object) -> bool:
    return isinstance(error, (trio.WouldBlock, *_CLOSED))


def closing(play: Play, _: Bench) -> None:
    """Law 3."""
    closed = play.first("stop", "cancel")
    assert closed is not None
    since = play.entries.index(closed)
    for entry in play.entries[since:]:
        if entry.what != "offered" or entry.number is None:
            continue
        came, message = play.results.get(entry.number), play.message(entry.number)
        refused = came is not None and isinstance(came.value, _CLOSED)
        if not refused and not (came and came.what == "left"):
            raise Broken(f"{shown(message)} was sent to a closed end, and not refused")
    if play.first("stuck"):
        return  # law 4 has a word for that
    if play.first("drained") is None:
        raise Broken("who receives was never told that there is no more")


def order(play: Play, bench: Bench) -> None:
    """Law 4."""
    if play.first("stuck"):
        stuck = [
            shown(play.message(entry.number))
            for entry in play.of("offered")
            if entry.number is not None and entry.number not in play.results
        ]
        raise Broken(f"the sender of {stuck[0]} waited for ever")
    if bench.setting.overflow == "latest":
        return
    at = {entry.number: entry.at for entry in play.of("offered")}
    taken = _lines_taken(play, at)
    for place, later in enumerate(taken):
        for earlier in taken[place + 1 :]:
            same = play.line(earlier).sender == play.line(later).sender
            same = same and not (play.is_shared(earlier) or play.is_shared(later))
            if at[earlier] < at[later] or (same and earlier < later):
                raise Broken(
                    f"{shown(play.message(later))} came out before "
                    f"{shown(play.message(earlier))}, which had been sent before"
                )


def _lines_taken(play: Play, at: dict[int | None, float]) -> list[int]:
    """Return the lines that came out, in the order that they came.

    Of those with one message, whichever fits best: the first that was sent no sooner
    than what came out before it.
    """
    left, last, taken = list(range(len(play.scene.lines))), -inf, list[int]()
    for entry in play.of("taken"):
        same = [n for n in left if n in at and play.message(n) is entry.detail]
        if same:
            same.sort(key=lambda n: (at[n] < last, at[n]))
            taken.append(same[0])
            left.remove(same[0])
            last = max(last, at[same[0]])
    return taken


def overflow(play: Play, bench: Bench) -> None:
    """Law 21: of a plug that keeps the receiver busy, and a burst behind it."""
    setting: MailboxSetting = bench.setting
    plug, *burst = range(len(play.scene.lines))
    inside: list[int] = []
    refused: list[int] = []
    for number in burst:
        _put_in(play, setting, inside, number, refused)
    for number in burst:
        result = play.results.get(number)
        was = result is not None and result.what == "refused"
        if was != (number in refused):
            message, room = shown(play.message(number)), setting.capacity
            raise Broken(
                f"{message} was {'refused' if was else 'accepted'}, with {len(inside)} "
                f"messages inside at the end and room for {room}"
            )
    taken = [entry.detail for entry in play.of("taken")]
    expected = [play.message(number) for number in (plug, *inside)]
    if [*map(id, taken)] != [*map(id, expected)]:
        raise Broken(f"{_shown(taken)} came out, instead of {_shown(expected)}")


def _put_in(
    play: Play,
    setting: MailboxSetting,
    inside: list[int],
    number: int,
    refused: list[int],
) -> None:
    if setting.overflow == "latest" and setting.key is not None:
        keys = [setting.key(play.message(n)) for n in inside]
        key = setting.key(play.message(number))
        if key in keys:
            inside[keys.index(key)] = number
            return
    if len(inside) < setting.capacity:
        inside.append(number)
    elif setting.overflow == "drop_oldest":
        inside.append(number)
        del inside[0]
    elif setting.overflow != "drop_newest":
        refused.append(number)


def _shown(messages: list[object]) -> str:
    return ", ".join(map(shown, messages))


LAWS = (
    Law(
        1,
        "conservation",
        "What goes in comes out, once.",
        "mailbox",
        nothing_lost,
    ),
    Law(
        2,
        "truthful sender",
        "What is refused does not come out; the error says why.",
        "mailbox",
        truthful_sender,
    ),
    Law(
        3,
        "closing",
        "A closed end refuses at once; who receives gets the rest, and then the end.",
        "mailbox",
        closing,
    ),
    Law(
        4,
        "order",
        "What goes in first comes out first, and who waits longest gets in first.",
        "mailbox",
        order,
    ),
    Law(
        21,
        "overflow",
        "It holds as much as it says, and gives up what it says.",
        "tight",
        overflow,
    ),
)

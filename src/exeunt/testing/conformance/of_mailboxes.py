"""Laws 1 to 4 and 21, of mailboxes alone."""

from collections.abc import Callable, Hashable
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
        came_out = play.place("taken", number) is not None
        if result.what != "accepted" or came_out or play.undelivered(number):
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
        if play.place("taken", number) is not None:
            raise Broken(f"{shown(message)} was refused, and came out")


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
    taken = [entry.number for entry in play.of("taken") if entry.number is not None]
    for place, later in enumerate(taken):
        for earlier in taken[place + 1 :]:
            same = play.line(earlier).sender == play.line(later).sender
            if at[earlier] < at[later] or (same and earlier < later):
                raise Broken(
                    f"{shown(play.message(later))} came out before "
                    f"{shown(play.message(earlier))}, which had been sent before"
                )


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
    taken = [entry.number for entry in play.of("taken")]
    expected = [plug, *inside]
    if taken != expected:
        raise Broken(
            f"{_shown(play, taken)} came out, instead of {_shown(play, expected)}"
        )


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


def _shown(play: Play, numbers: list[int] | list[int | None]) -> str:
    return ", ".join(shown(play.message(n)) for n in numbers if n is not None)


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

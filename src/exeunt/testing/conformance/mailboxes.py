"""Bring your mailbox."""

from collections.abc import Callable, Hashable
from random import Random
from typing import Any, TypeVar

import attrs

from ..._core.overflow import Overflow
from ..._core.setting import Setting, name_of
from .box_stage import BoxStage
from .boxes import AgentBox, Box, Pair, PairBox
from .drawing import Source, check_runs, draw_from
from .laws import Kind
from .of_mailboxes import LAWS, MailboxSetting
from .play import Play
from .report import Conformance
from .scene import End, Line, Scene, Way
from .trial import Trial

M = TypeVar("M")


@attrs.frozen
class Parcel:
    """A message where nobody cares what it is."""

    number: int


def check_mailbox(
    maker: Callable[[], Pair] | None = None,
    *,
    capacity: int = 32,
    overflow: Overflow = "wait",
    key: Callable[[M], Hashable] | None = None,
    messages: Source[M] = (),
    runs: int = 100,
    seed: int = 0,
) -> Conformance:
    """Hold a mailbox against the laws of order, room, loss and closing.

    Either two ends of your own, which then have to do what Trio's memory channels do;
    or, without a *maker*, the mailbox of an agent that is started with these options,
    so that your *key* is tried on your messages. The same arguments draw the same.

    Args:
        maker: returns a new pair: a `trio.abc.SendChannel` that has a ``send_nowait``
            too, and a `trio.abc.ReceiveChannel`.
        capacity: how many messages it is to hold.
        overflow: what it is to do with one more; see `exeunt.start`.
        key: for ``"latest"``.
        messages: what is put in: a list to choose from, or a function that makes a
            message with a `random.Random`. Plain parcels if not given.
        runs: how many scenes are played for each kind of law.
        seed: what they are drawn with.

    Returns:
        The laws that were judged, in how many runs.

    Raises:
        LawBroken: a law is broken.
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of range.

    Example::

        check_mailbox(lambda: trio.open_memory_channel(3), capacity=3)
    """
    options: dict[str, Any] = {"capacity": capacity, "overflow": overflow, "key": key}
    Setting(**options).check()
    check_runs(runs)
    draw = draw_from("messages", messages) or _parcel

    def scene(kind: Kind, random: Random) -> Scene:
        if kind == "tight":
            return _tight(random, draw, capacity, overflow)
        return _loose(random, draw, capacity)

    async def perform(_: Kind, play: Play) -> None:
        box: Box = AgentBox(**options) if maker is None else PairBox(maker)
        await BoxStage(box, play).perform()

    name = f"the mailbox {overflow!r}" if maker is None else name_of(maker)
    setting = MailboxSetting(capacity, overflow, key)
    return Trial(name, setting, scene, perform, runs, seed).hold(LAWS)


def _parcel(random: Random) -> Parcel:
    return Parcel(random.randrange(1000))


def _loose(random: Random, draw: Callable[[Random], Any], capacity: int) -> Scene:
    """Several senders, one slow receiver, and perhaps somebody who closes an end."""
    ways: tuple[Way, ...] = ("send", "send", "send_nowait")
    lines = tuple(
        Line(
            draw(random),
            random.choice(ways),
            sender=random.randint(0, 3),
            after=random.choice((0, 0, 1, 2)),
            patience=random.choice((None, None, None, 0, 1)),
            slow=random.choice((None, 0, 1, 3)),
        )
        for _ in range(random.randint(1, 10))
    )
    ends = tuple(
        End(random.choice(("stop", "cancel")), random.randint(0, 6))
        for _ in range(random.randint(0, 1))
    )
    return Scene(lines, ends, capacity)


def _tight(
    random: Random, draw: Callable[[Random], Any], capacity: int, overflow: str
) -> Scene:
    """A receiver that is busy, and then more messages than there is room for."""
    ways: tuple[Way, ...] = ("send_nowait",)
    if overflow in {"refuse", "drop_newest", "drop_oldest"}:
        ways = ("send", "send_nowait")
    plug = Line(draw(random), after=1, slow=10)
    size = random.randint(1, capacity + 4)
    burst = [Line(draw(random), random.choice(ways)) for _ in range(size)]
    burst[0] = attrs.evolve(burst[0], after=1)
    return Scene((plug, *burst), (), capacity)

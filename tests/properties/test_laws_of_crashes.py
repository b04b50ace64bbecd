"""Laws 10 and 27: a crash surfaces once and as itself; Ctrl-C loses no account."""

import signal
import sys
from types import FrameType
from typing import Any, Self

from hypothesis import strategies as st
from laws import law
from scenes import (
    Backstage,
    Boom,
    Deed,
    End,
    Line,
    Log,
    Play,
    Scene,
    Way,
    perform,
    play,
    scenes,
)
from test_laws_of_asks import check_answers
from test_laws_of_messages import (
    check_conservation,
    check_order,
    check_truthful_senders,
)

from exeunt import Reason
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@law(
    "10 a crash surfaces once",
    scene=scenes(deeds=(Deed.RETURN, Deed.RAISE, Deed.DEFER)),
    schedule=schedules(),
)
def test_a_crash_surfaces_once_and_as_itself(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    failed = it.ended("failed")
    assert len(failed) <= 1
    assert [type(error) for error in it.crash] == [Boom] * len(failed)
    assert [error.args[0] for error in it.crash] == failed
    assert (it.outcome.reason is Reason.CRASHED) == bool(failed)
    assert it.outcome.error is (it.crash[0] if it.crash else None)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def interrupted_play(scene: Scene, schedule: Schedule, at: list[int]) -> Play | None:
    """Play *scene* with Ctrl-C at these steps; None if it came before the start."""
    plays: list[Play] = []

    async def evening() -> None:
        log = Log()
        seen: list[Backstage] = []
        try:
            await perform(scene, seen.append, log)
        finally:
            if seen:
                handle = seen[0].handle
                assert handle.outcome is not None
                plays.append(Play(scene, log, handle.outcome, [], handle._life))

    try:
        schedule.run(evening, before=dict.fromkeys(at, interrupt))
    except* KeyboardInterrupt:
        pass
    return plays[0] if plays else None


@law(
    "27 Ctrl-C",
    scene=scenes(deeds=(Deed.RETURN, Deed.REFUSE, Deed.DEFER)),
    at=st.lists(st.integers(1, 60), min_size=1, max_size=2, unique=True),
    schedule=schedules(),
)
def test_ctrl_c_at_any_step_keeps_the_account(
    scene: Scene, at: list[int], schedule: Schedule
) -> None:
    it = interrupted_play(scene, schedule, at)
    if it is not None:
        check_account(it)


def check_account(it: Play) -> None:
    """Check laws 1, 2, 4 and 5, where the senders may have been interrupted too."""
    told = {
        n for what in ("accepted", "refused", "gave up") for n in it.log.numbers(what)
    }
    for number in {*it.log.numbers("offer")} - told:
        if it.line(number).asked:
            it.log("gave up", number)
        else:  # a send that was cancelled was not accepted
            it.log("refused", number)
    check_conservation(it)
    check_truthful_senders(it)
    check_order(it)
    check_answers(it)


DOORS = {"_turn", "_unprotected", "_call"}
STEERING = {"place_among", "birth_of"}
LINES = Scene(
    capacity=1,
    lines=tuple(
        Line(number, number % 3, way, 0, None, work, deed)
        for number, (way, work, deed) in enumerate(
            [
                (Way.SEND, 1, Deed.RETURN),
                (Way.ASK, 0, Deed.RETURN),
                (Way.LINKED, 2, Deed.RETURN),
                (Way.SEND, 0, Deed.RETURN),
                (Way.ASK, 1, Deed.DEFER),
                (Way.NOWAIT, 1, Deed.RETURN),
                (Way.ASK, 0, Deed.REFUSE),
                (Way.SEND, 0, Deed.RETURN),
            ]
        )
    ),
    ends=((4, End.ACLOSE),),
    enter=0,
    leave=1,
)


@law("27 Ctrl-C at any line")
def test_ctrl_c_at_any_line_of_the_runtime_keeps_the_account() -> None:
    at, interrupts = 0, True
    while interrupts:
        at += 1
        with InterruptAt(at) as trace:
            it = interrupted_play(LINES, Schedule(), [])
        interrupts = trace.happened
        if it is not None:
            check_account(it)
    assert at > 300


class InterruptAt:
    """Raises SIGINT before the n-th line that is run in `exeunt._core`."""

    def __init__(self, at: int) -> None:
        self.left = at

    @property
    def happened(self) -> bool:
        return self.left <= 0

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        ours = "/exeunt/_core/" in code.co_filename
        # What steers the scheduler is Trio for this purpose, and the doors to the
        # agent's own code are that code already: there Ctrl-C is meant to strike.
        steers = "steer" in code.co_qualname.lower() or code.co_name in STEERING
        other = steers or code.co_name in DOORS
        return self._line if ours and not other else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.left -= 1
            if self.left == 0:
                interrupt()
        return self._line

"""A whole run on the record: virtual time, and the same order each time."""

from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import trio
from trio.testing import MockClock

from .._core.trio_private import seeded
from .film import Film
from .recorder import Recorder
from .recording import Recording

Ts = TypeVarTuple("Ts")

_EVENTS = 1_000_000  # more than anybody looks at


def record(
    program: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    seed: int = 0,
    title: str = "",
) -> Recording:
    """Run a Trio program in virtual time, and return what happened.

    The same seed gives the same recording. Nobody waits for `trio.sleep`: time jumps
    when all tasks wait. An `Exception` of the program is part of the recording, as its
    ``error``; what is graver is raised.

    Args:
        program: an async function, such as one would give to `trio.run`.
        args: its arguments.
        seed: decides which of the tasks that can run goes first.
        title: what the recording is called; if not given, the name of *program*.

    Returns:
        The recording, with the places at which each task stood.

    Raises:
        RuntimeError: called within a Trio run.
        TypeError: *program* is no async function, or *args* are not its arguments.

    Example::

        record(main).picture()
    """
    name = getattr(program, "__name__", type(program).__name__)
    film = Film(Recorder(events=_EVENTS, places=True, title=title or name), name=name)
    failure: Exception | None = None
    clock = MockClock(autojump_threshold=0)
    with seeded(seed):
        try:
            trio.run(program, *args, clock=clock, instruments=[film])
        except Exception as error:  # part of the recording
            failure = error
    recording = film.recording(failure)
    if recording is None:  # it has not begun
        assert failure is not None
        raise failure
    return recording

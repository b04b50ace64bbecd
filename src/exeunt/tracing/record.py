"""A whole run on the record: virtual time, and the same order each time."""

from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

import trio
from trio.testing import MockClock

from .._core.trio_private import seeded
from .._model.words import complaint
from .recorder import Recorder
from .recording import Recording

Ts = TypeVarTuple("Ts")


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

    Example::

        record(main).picture()
    """
    name = getattr(program, "__name__", type(program).__name__)
    recorder = Recorder(places=True, title=title or name)
    errors: list[Exception] = []

    async def play() -> None:
        trio.lowlevel.current_task().name = name
        try:
            with recorder:
                await program(*args)
        except Exception as error:  # part of the recording
            errors.append(error)

    with seeded(seed):
        trio.run(play, clock=MockClock(autojump_threshold=0))
    return recorder.recording(error=complaint(errors[0]) if errors else None)

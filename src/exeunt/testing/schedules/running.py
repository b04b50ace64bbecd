"""One run of a program in which every choice of the next task is ours, and recorded."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import trio
import trio.testing
from trio.abc import Instrument

from ..._core.failures import as_group
from ..._core.trio_private import seeded
from ...stalls.failing import Stalled
from .conductor import Conductor
from .rules import Chooser, Rules, Run

tally: ContextVar["set[tuple[int, ...]] | None"] = ContextVar("tally", default=None)
"""Where the orders of all runs are counted, if anybody wants to know."""


def perform(
    program: Callable[..., Awaitable[Any]],
    args: tuple[Any, ...],
    chooser: Chooser,
    rules: Rules,
    *,
    before: Mapping[int, Callable[[], object]] | None = None,
    instruments: Sequence[Instrument] = (),
    run: Run | None = None,
) -> Run:
    """Run *program* once, with *chooser* as its scheduler, and say what it did.

    Args:
        program: an async function.
        args: its arguments.
        chooser: decides which task runs next.
        rules: what the run may do.
        before: what to call before which step, counted from 0.
        instruments: who looks on.
        run: where to write down what happens; a new record if not given.

    Returns:
        The record of the run, with what *program* raised, if anything. Ctrl-C is
        raised.
    """
    run = Run() if run is None else run
    clock = trio.testing.MockClock(autojump_threshold=0)
    conductor = Conductor(run, chooser, rules, before or {}, clock)
    try:
        with seeded(rules.seed):
            run.value = trio.run(
                conductor.lead, program, args, clock=clock, instruments=instruments
            )
    except trio.TrioInternalError as error:
        if not isinstance(error.__cause__, Stalled):
            raise
        run.error = error.__cause__
    except BaseException as error:  # noqa: ASYNC103 - no async code is left by it
        if not _is_failure(error):
            raise
        run.error = error
    seen = tally.get()
    if seen is not None:
        seen.add(tuple(run.order))
    return run


def _is_failure(error: BaseException) -> bool:
    """Return whether *error* says that the program failed, and not that it should end.

    What test runners raise for a failure is no `Exception` either.
    """
    group = as_group(error)
    if group is not None:
        return all(map(_is_failure, group.exceptions))
    ends = isinstance(error, KeyboardInterrupt | GeneratorExit)
    return not ends and type(error).__name__ not in {"Skipped", "Exit"}

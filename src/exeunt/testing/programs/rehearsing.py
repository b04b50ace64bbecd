"""Programs rehearsed: run in some order of steps, and held against a model."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import attrs

from ...stalls.failing import Stalled
from ..schedules.schedule import Schedule
from .comparing import Comparison
from .printing import Script
from .program import Program, Run
from .smaller import Trial, smaller


@attrs.frozen
class Rehearsal:
    """The model that programs are held against."""

    make_model: Callable[[], Any]
    agree: Callable[[Any, Any], bool]

    def script(self, program: Program, schedule: Schedule) -> Script | None:
        """Run *program*, and return its script if agent and model disagree."""
        run = Run(program)
        stalled = None
        try:
            with _quiet():
                schedule.run(program.run, run)
        except Stalled as error:
            stalled = f"stalled: {error}"
        comparison = Comparison(run, self.make_model, self.agree)
        difference = comparison.difference()
        if difference is None and stalled is not None:
            difference = comparison.unfinished(stalled)
        if difference is None:
            return None
        return Script(comparison, difference, schedule)

    def fails_like(self, script: Script) -> Callable[[Trial], bool]:
        """Return a function that says whether a trial fails in the same way."""

        def fails(trial: Trial) -> bool:
            found = self.script(*trial)
            return found is not None and found.difference.kind == script.difference.kind

        return fails

    def smaller(self, script: Script) -> Script:
        """Return the script of the smallest program that fails in the same way."""
        trial = smaller((script.program, script.schedule), self.fails_like(script))
        return self.script(*trial) or script


@contextmanager
def _quiet() -> Generator[None]:
    """Log no crash of an agent that is started again: here it is no news."""
    logger = logging.getLogger("exeunt")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before

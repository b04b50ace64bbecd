"""Runs that are shown: each is told step by step, and recorded."""

from collections import deque
from contextvars import ContextVar

import attrs

from ..._model.events import ScopeOpened
from ...tracing import Recorder, Recording
from ...tracing.film import Film
from ..schedules.conductor import HORIZON

_EVENTS = 50_000  # a run has at most some ten thousand steps


@attrs.frozen
class Shown:
    """One run that is shown.

    Attributes:
        film: what has looked on.
        error: what came out of the run.
        steps: who went on from where, and ahead of whom, in words.
    """

    film: Film
    error: BaseException | None
    steps: str

    @property
    def recording(self) -> Recording:
        """What happened."""
        recording = self.film.recording(self.error) or Recording(())
        return _without_patience(recording)


shown: ContextVar["deque[Shown] | None"] = ContextVar("shown", default=None)
"""Where the runs that are shown are put, if anybody wants them."""


def film_of(name: str = "") -> Film:
    """Return what films one run of the program *name*."""
    recorder = Recorder(events=_EVENTS, places=True, title=name)
    return Film(recorder, name=name)


def show(film: Film, error: BaseException | None, steps: str = "") -> Shown:
    """Put a run that is over where the runs that are shown are put."""
    run, runs = Shown(film, error, steps), shown.get()
    if runs is not None:
        runs.append(run)
    return run


def _without_patience(recording: Recording) -> Recording:
    """Leave out the deadline by which the conductor finds out who waits for ever."""
    events = tuple(
        attrs.evolve(event, deadline=None)
        if isinstance(event, ScopeOpened) and (event.deadline or 0) > HORIZON / 2
        else event
        for event in recording.events
    )
    return attrs.evolve(recording, events=events)

"""A recorder that runs along: a flight recorder, or the film of a whole run."""

from collections import deque
from contextlib import ExitStack, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

from trio import current_time  # noqa: ASYNC106 - it is called for every event
from trio.lowlevel import (
    add_instrument,
    current_clock,
    current_task,
    enable_ki_protection,
    remove_instrument,
)
from trio.testing import MockClock

from .._core.failures import alone
from .._core.journal import Note, journal_here, kept
from .._core.trio_private import main_task, precise_time
from .._model.events import Event, StoodAt
from .._model.words import complaint
from .lines import Header
from .looking import Nurseries, PlaceWatch, StepWatch, TaskWatch
from .notes import Notes
from .reading import Reader
from .recording import Recording

_MARK: Note = ("mark",)
"""The first note after each reading; where it is gone, so are others."""


@final
class Recorder:
    """Records what happens in a Trio run, within a ``with`` block.

    Of the agents that begin in the block it records everything; of tasks and nurseries,
    what begins, is cancelled and ends. It holds the newest events and forgets the
    oldest, and may so run along for ever, as a flight recorder.

    Args:
        events: how many it holds at least. It keeps as many messages alive, and the
            more it holds, the more a message costs.
        steps: look at the nurseries after each step of each task, so that their ends
            and cancellations are recorded in the instant, and note steps that take
            longer than a tenth of a second. Costs some microseconds a step.
        places: note too where in its program each task stands after each step.
        context: context variables whose values at the sender go into
            `MessageOffered.context`.
        dump: where to save the recording if an exception leaves the block.
        title: what the recording is called.

    Raises:
        ValueError: *events* is not positive.
        RuntimeError: on entering, outside of a Trio run.

    Example::

        with Recorder(dump="crash.jsonl") as recorder:
            async with exeunt.open_supervisor() as supervisor:
                await supervisor.start(Service)
        print(recorder.recording().story())
    """

    def __init__(
        self,
        *,
        events: int = 1_000,
        steps: bool = False,
        places: bool = False,
        context: tuple[ContextVar[Any], ...] = (),
        dump: str | Path | None = None,
        title: str = "",
    ) -> None:
        if events < 1:
            raise ValueError(f"a recorder holds 1 event or more, not {events}")
        self._notes: deque[Note] = deque([_MARK], maxlen=events + 1)
        self._events: deque[Event] = deque(maxlen=events)
        self._watch = PlaceWatch if places else StepWatch if steps else TaskWatch
        self._context = context
        self._dump = dump
        self._title = title
        self._wall: str | None = None  # when it began, if its clock is a real one
        self._lost = False
        self._reader: Reader | None = None
        self._open = ExitStack()

    @enable_ki_protection
    def __enter__(self) -> Self:
        try:
            task, now = current_task(), precise_time()
        except RuntimeError:
            raise RuntimeError(
                "a Recorder records a Trio run: enter it within one, in an async "
                "function, or call exeunt.tracing.record(main)"
            ) from None
        if self._reader is not None:
            raise RuntimeError("a Recorder records once: make a new one")
        if not isinstance(current_clock(), MockClock):
            self._wall = datetime.now(UTC).isoformat()
        self._reader = Reader(now(), current_time())
        nurseries = Nurseries(self._notes.append, now)
        notes = Notes(nurseries, self._context)
        watch = self._watch(nurseries)
        main = main_task()
        self._notes.append(("run", now(), main))
        watch.look_around(task if main is None else main)
        self._open.enter_context(kept(notes))
        add_instrument(watch)
        self._open.callback(notes.stop)
        self._open.callback(_remove, watch)
        self._open.callback(nurseries.close)
        return self

    @enable_ki_protection
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
        if error is not None and self._dump is not None:
            try:
                self.recording(error=complaint(alone(error))).save(self._dump)
            except Exception as failure:  # which shall not hide the error
                with suppress(Exception):
                    error.add_note(f"its recording was not saved: {failure}")

    def read(self) -> list[Event]:
        """Return what has happened since the last call.

        For those who follow a run while it goes on, such as `exeunt.telemetry`.

        Example::

            metrics.feed(recorder.read())
        """
        if self._reader is None:
            return []
        notes: list[Note] = []
        while self._notes:
            notes.append(self._notes.popleft())
        self._notes.append(_MARK)
        if notes[0] is _MARK:
            del notes[0]
        else:
            self._lost = True
            self._events.clear()
            self._reader.lose_track()
        new = self._reader.read(notes)
        if len(new) > (self._events.maxlen or 0):  # with whom it introduces
            self._events = deque(self._events, maxlen=len(new))
        self._events.extend(new)
        self._lost = self._lost or (bool(new) and self._events[0].seq > 1)
        return new

    def recording(self, *, error: str | None = None) -> Recording:
        """Return what has been recorded so far.

        Args:
            error: what came out of the program, if it is over and something did.
        """
        self.read()
        header = Header(
            title=self._title,
            clock="virtual" if self._wall is None else "real",
            began=self._wall,
            error=error,
            lost=self._lost,
            sources=self._sources(),
        )
        return Recording(tuple(self._events), header)

    def _sources(self) -> dict[str, str]:
        if self._reader is None:
            return {}
        places = (each for each in self._events if isinstance(each, StoodAt))
        return self._reader.sources.texts(each.file for each in places)


def _remove(watch: TaskWatch) -> None:
    with suppress(KeyError):  # Trio drops an instrument that has failed, and says so
        remove_instrument(watch)


def note(text: str) -> None:
    """Put a remark into the recording of this run, if there is one.

    Args:
        text: what to say, in the name of the agent or task that is running.

    Example::

        note("the cache is cold")
    """
    journal = journal_here()
    if journal is not None:
        journal.add(("noted", journal.now(), current_task(), text))

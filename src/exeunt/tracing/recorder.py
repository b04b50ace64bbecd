"""A recorder that runs along: a flight recorder, or the film of a whole run."""

from collections import deque
from contextlib import ExitStack
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

from trio.lowlevel import add_instrument, current_clock, current_task, remove_instrument
from trio.testing import MockClock

from .._core.journal import Note, journal_here, kept
from .._core.trio_private import main_task, precise_time
from .._model.events import Event
from .lines import Header
from .looking import Nurseries, PlaceWatch, StepWatch, TaskWatch
from .notes import Notes
from .reading import Reader
from .recording import Recording, sources_of


@final
class Recorder:
    """Records what happens in a Trio run, within a ``with`` block.

    Of the agents that begin in the block it records everything; of tasks and nurseries,
    what begins, is cancelled and ends. It holds the newest events and forgets the
    oldest, and may so run along for ever, as a flight recorder.

    Args:
        events: how many it holds at least. It keeps as many messages alive.
        steps: look at the nurseries after each step of each task, so that their ends
            and cancellations are recorded in the instant, and note steps that take
            longer than a tenth of a second. Costs about a microsecond a step.
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
        events: int = 10_000,
        steps: bool = False,
        places: bool = False,
        context: tuple[ContextVar[Any], ...] = (),
        dump: str | Path | None = None,
        title: str = "",
    ) -> None:
        if events < 1:
            raise ValueError(f"a recorder holds 1 event or more, not {events}")
        self._notes: deque[Note] = deque(maxlen=events)
        self._events: deque[Event] = deque(maxlen=events)
        self._watch = PlaceWatch if places else StepWatch if steps else TaskWatch
        self._context = context
        self._dump = dump
        self._title = title
        self._wall: str | None = None  # when it began, if its clock is a real one
        self._lost = False
        self._open = ExitStack()

    def __enter__(self) -> Self:
        now = precise_time()
        if not isinstance(current_clock(), MockClock):
            self._wall = datetime.now(UTC).isoformat()
        self._reader = Reader(now())
        nurseries = Nurseries(self._notes.append, now)
        notes = Notes(nurseries, self._context)
        watch = self._watch(nurseries)
        self._notes.append(("run", now(), main_task()))
        nurseries.look_from(current_task())
        self._open.enter_context(kept(notes))
        add_instrument(watch)
        self._open.callback(notes.stop)
        self._open.callback(remove_instrument, watch)
        self._open.callback(nurseries.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
        if error is not None and self._dump is not None:
            self.recording().save(self._dump)

    def read(self) -> list[Event]:
        """Return what has happened since the last call.

        For those who follow a run while it goes on, such as `exeunt.telemetry`.

        Example::

            metrics.feed(recorder.read())
        """
        notes: list[Note] = []
        while self._notes:
            notes.append(self._notes.popleft())
        new = self._reader.read(notes)
        self._events.extend(new)
        if self._events and self._events[0].seq > 1:
            self._lost = True
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
            sources=sources_of(self._events),
        )
        return Recording(tuple(self._events), header)


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

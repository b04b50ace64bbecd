"""What happened in a run, told in words: who went on from where, and ahead of whom."""

import linecache
from collections.abc import Iterator, Sequence
from pathlib import Path
from traceback import walk_tb
from types import FrameType

import attrs
import trio
from trio.abc import Instrument
from trio.lowlevel import Task

from ..._core.ask import message_of
from ..._core.failures import as_group
from ..._core.lane import NOTHING
from ..._core.trio_private import await_frames
from ..._core.waiting import life_of_task
from ..._model.words import first_line, of_its_kind, shown
from ...stalls.failing import Stalled
from ...stalls.stack import is_users, own_frames
from ..schedules.conductor import HORIZON, Conductor
from ..schedules.rules import Chooser

_LONGEST = 60  # lines; a longer story is told from the first deviation on
_WIDTH = 60  # of a source line, or a message


@attrs.frozen
class Place:
    """A line of the program under test."""

    file: str
    line: int

    def __str__(self) -> str:
        source = linecache.getline(self.file, self.line).strip()
        return f"{Path(self.file).name}:{self.line} `{_cut(source)}`"


@attrs.frozen
class Step:
    """One step of one task."""

    who: str
    overtaken: tuple[str, ...]
    passed: float = 0
    begins: bool = False
    ends: bool = False
    place: Place | None = None
    handling: str | None = None  # the message in whose turn an agent stands now

    def __str__(self) -> str:
        if self.passed > HORIZON / 2:
            return "nothing can happen any more"
        if self.passed:
            return f"{self.passed:g} s pass"
        turn = f", handling {self.handling}" if self.handling else ""
        match self.begins, self.ends, self.place:
            case True, True, _:
                told = "begins and ends"
            case _, True, _:
                told = "goes on and ends"
            case True, _, None:
                told = f"begins{turn}"
            case True, _, place:
                told = f"begins{turn}, and comes to {place}"
            case _, _, None:
                told = f"goes on{turn}, and waits"
            case _, _, place:
                told = f"goes on{turn}, and comes to {place}"
        ahead = f", ahead of {_listed(self.overtaken)}" if self.overtaken else ""
        return f"{self.who}{ahead}: {told}"


class Narrator(Instrument):
    """Looks on at a run, and tells it afterwards.

    Between the chooser and the run it hears who was passed over; as an instrument it
    sees where each task stands after its step.
    """

    def __init__(self, chooser: Chooser, program: str) -> None:
        self._chooser = chooser
        self._names = _Names(program)
        self._overtaken: tuple[str, ...] = ()
        self._begun: set[Task] = set()
        self._ended: set[Task] = set()
        self._passed: set[Task] = set()  # over, and not gone since
        self._time: float | None = None
        self.steps: list[Step] = []

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Let the chooser choose, and note whom that passes over."""
        index = self._chooser.choose(ready, options)
        if index < len(ready):
            passed = [task for task in ready[:index] if task not in self._passed]
            self._overtaken = tuple(self._names.of(task) for task in passed)
            self._passed.update(passed)
        return index

    def before_task_step(self, task: Task) -> None:
        """Note that time has passed."""
        self._passed.discard(task)
        now = trio.current_time()
        if self._time is not None and now > self._time:
            self.steps.append(Step("the clock", (), passed=now - self._time))
        self._time = now

    def task_spawned(self, task: Task) -> None:
        """Name the tasks in the order of their births."""
        if not _is_outermost(task):
            self._names.of(task)

    def after_task_step(self, task: Task) -> None:
        """Note where the task stands now."""
        if _is_outermost(task) and task not in self._begun and not is_main(task):
            return  # Trio's own
        if self.steps and self.steps[-1].passed > HORIZON / 2:
            return
        step = Step(
            who=self._names.of(task),
            overtaken=self._overtaken,
            begins=task not in self._begun,
            ends=task in self._ended,
            place=_place_of(task),
            handling=_handled_by(task),
        )
        self._begun.add(task)
        self._overtaken = ()
        self.steps.append(step)

    def task_exited(self, task: Task) -> None:
        """Note that the step that is under way is the task's last."""
        self._ended.add(task)

    def told(self) -> str:
        """Return the story, a numbered line for each step that matters."""
        lines = [f"{n:4}. {step}" for n, step in enumerate(_merged(self.steps), 1)]
        if not lines:
            return "      It ended before its first checkpoint."
        if len(lines) <= _LONGEST:
            return "\n".join(lines)
        first = next((n for n, line in enumerate(lines) if ", ahead of " in line), 0)
        start = max(0, min(first - 5, len(lines) - _LONGEST))
        shown = lines[start : start + _LONGEST]
        left = len(lines) - start - len(shown)
        before = [f"      … {start} steps before"] if start else []
        after = [f"      … {left} more steps"] if left else []
        return "\n".join([*before, *shown, *after])


def raised(error: BaseException | None) -> Iterator[str]:
    """Say what was raised in the end, and at which line of the program."""
    if error is None:
        return
    group = as_group(error)
    if group is not None:
        for each in group.exceptions:
            yield from raised(each)
        return
    place = None if isinstance(error, Stalled) else _raised_at(error)
    where = f" at {place}" if place else ""
    said = of_its_kind(error, first_line(error))
    yield f"      Raised: {said}{where}"


def _raised_at(error: BaseException) -> Place | None:
    frames = [*walk_tb(error.__traceback__)]
    own = [(frame, line) for frame, line in frames if is_users(frame)]
    return _placed(own)


class _Names:
    """Short names, told apart by numbers where two tasks would have the same."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._known: dict[Task, str] = {}
        self._used: dict[str, int] = {}

    def of(self, task: Task) -> str:
        if task not in self._known:
            short = self._program if is_main(task) else task.name.rsplit(".", 1)[-1]
            count = self._used[short] = self._used.get(short, 0) + 1
            self._known[task] = short if count == 1 else f"{short} #{count}"
        return self._known[task]


def is_main(task: Task) -> bool:
    """Return whether *task* is the one that runs the program."""
    # Not only its own coroutine: `trio.run` itself may have been wrapped.
    return any(
        frame.f_code is Conductor.lead.__code__ for frame, _ in await_frames(task)
    )


def _is_outermost(task: Task) -> bool:
    nursery = task.parent_nursery
    return nursery is None or nursery.parent_task.parent_nursery is None


def _merged(steps: list[Step]) -> list[Step]:
    told: list[Step] = []
    for step in steps:
        last = told[-1] if told else None
        if (
            last is not None
            and not step.overtaken
            and (last.who, last.place, last.ends, last.handling)
            == (step.who, step.place, step.ends, step.handling)
        ):
            continue
        told.append(step)
    return told


def _place_of(task: Task) -> Place | None:
    return _placed(own_frames(task))


def _handled_by(task: Task) -> str | None:
    """Return the message in whose turn the agent stands whose own task this is."""
    life = life_of_task(task)
    if life is None or life.task is not task:
        return None
    return None if life.turn is NOTHING else _cut(shown(message_of(life.turn)))


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _placed(frames: Sequence[tuple[FrameType, int]]) -> Place | None:
    if not frames:
        return None
    frame, line = frames[-1]
    return Place(frame.f_code.co_filename, line)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

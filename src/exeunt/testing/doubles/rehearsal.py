"""One agent, one message at a time, without a loop and without the others.

The handler runs in a Trio run of its own that ends with the turn, on a clock that
stands still. So cancel scopes, checkpoints and the time are there, and whatever else
the handler would wait for is not, which is noticed at once and said.

Nothing of the agent is replaced. Its context is the real one, over a life that takes
notes; the runtime's own checks hold.
"""

import linecache
from collections.abc import Callable, Generator
from contextlib import contextmanager
from logging import Handler, LogRecord, getLogger
from math import inf
from pathlib import Path
from typing import Any, Generic, TypeVar, TypeVarTuple, final

import trio
import trio.testing
from trio.lowlevel import Task, current_statistics, current_task

from ..._core.agent import Agent
from ..._core.ask import Ask, Stage
from ..._core.audience import looking_on
from ..._core.failures import lone_refusal
from ..._core.front import Front
from ..._core.handle import Handle
from ..._core.lane import NOTHING
from ..._core.setting import check_factory, name_of
from ..._core.waiting import enter_life
from ..._model.lifecycle import State
from ..._model.request import Request
from ..._model.words import shown
from ...stalls.stack import own_frames
from ..effects import Logged, Turn
from .rehearsed import Rehearsed, RehearsedAsk
from .stand_in import Notes, note, notes_here

M = TypeVar("M")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class CannotRehearse(Exception):
    """A turn waits for what does not exist in a rehearsal.

    The test is to blame: such an agent needs a loop, and others around it. Run it with
    `Schedule.run`, where time is virtual too.
    """


@final
class Rehearsal(Generic[M]):
    """An agent that handles one message at a time, when a test says so.

    Got from `rehearse`. Each turn returns what the agent has done in it. Nothing of it
    reaches anybody: what the agent sends to itself does not arrive, timers do not
    tick, what was postponed does not come back, unless the test sends it.

    Attributes:
        agent: the agent itself.
        time: what Trio's clock says in the next turn.
    """

    def __init__(self, agent: Agent[M], name: str) -> None:
        self.agent = agent
        self.time: float = 0.0
        self._life = Rehearsed(name)
        self._life.handler = agent.handle
        self._crashed = False
        object.__setattr__(agent, "_life", self._life)  # it may be frozen

    def __repr__(self) -> str:
        return f"<Rehearsal of {self._life.name!r}>"

    @property
    def handle(self) -> Handle[M]:
        """The agent's own handle, as its context knows it."""
        return self._life.handle

    def send(self, message: M) -> Turn[None]:
        """Have *message* handled as one that was sent.

        Args:
            message: anything the agent handles.

        Returns:
            What the agent did.

        Raises:
            Exception: whatever the handler raised; a note tells what it did before.
            CannotRehearse: the turn waits for what only a loop could bring.
            RuntimeError: the agent has crashed or was cancelled; or this is a Trio
                run, where the agent itself can be started.

        Example::

            turn = rehearse(Service).send(Set(42))
            assert turn.effects == ()
        """
        __tracebackhide__ = True  # pytest need not show this
        return self._turn(message, message)

    def ask(self, request: Request[R]) -> Turn[R]:
        """Have *request* handled as one that was asked.

        Args:
            request: a `Request` that the agent handles.

        Returns:
            What the agent did, with its answer or refusal.

        Raises:
            Exception: as for `send`.
            CannotRehearse: as for `send`.
            RuntimeError: as for `send`.
            TypeError: *request* is no `Request`.

        Example::

            assert rehearse(Service).ask(Get()).answer == 0
        """
        __tracebackhide__ = True  # pytest need not show this
        if not isinstance(request, Request):
            raise TypeError(f"only a Request can be asked, not {shown(request)}")
        return self._turn(RehearsedAsk(self._life, request), request)

    def _turn(self, item: object, message: object) -> Turn[Any]:
        __tracebackhide__ = True  # pytest need not show this
        self._check()
        clock = trio.testing.MockClock()
        clock.jump(self.time)
        try:
            return trio.run(self._play, item, message, clock, clock=clock)
        except Exception:
            self._crashed = True
            raise
        finally:
            self.time = clock.current_time()
            self._life.turn = NOTHING

    def _check(self) -> None:
        __tracebackhide__ = True  # pytest need not show this
        name = self._life.name
        if _in_a_run():
            raise RuntimeError(
                f"agent {name!r} cannot be rehearsed in a Trio run: do it in a test "
                "that is not async, or start the agent itself"
            )
        if self._crashed or self._life.state is State.CLOSING:
            how = "has crashed" if self._crashed else "was cancelled"
            raise RuntimeError(
                f"agent {name!r} {how} and handles nothing more: rehearse a new one"
            )

    async def _play(
        self, item: object, message: object, clock: trio.testing.MockClock
    ) -> Turn[Any]:
        __tracebackhide__ = True  # pytest need not show this
        life = self._life
        enter_life(life)
        life.turn = item
        if isinstance(item, Ask):
            item.stage = Stage.BEGUN
        life.scope = trio.CancelScope()
        life.take_up_replies()
        with looking_on() as begun:
            notes = Notes(begun)
            notes_here.set(notes)
            with _logs():
                turn = await self._perform(item, message, notes, clock)
        return turn

    async def _perform(
        self,
        item: object,
        message: object,
        notes: Notes,
        clock: trio.testing.MockClock,
    ) -> Turn[Any]:
        __tracebackhide__ = True  # pytest need not show this
        life, answer, error, minder = self._life, None, None, _Minder(notes, clock)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(minder.mind, current_task(), life.scope)
            with life.scope:
                try:
                    answer = await life.handler(message)
                except Exception as raised:
                    error = raised
            nursery.cancel_scope.cancel()
        notes.catch_up()
        if life.lane is not None:
            life.lane.turn_ended(item)
        refusal = None if error is None else lone_refusal(error)
        if minder.complaint is not None:
            raise CannotRehearse(
                f"agent {life.name!r} cannot be rehearsed with {shown(message)}: "
                f"{minder.complaint}"
            ) from error
        if error is not None and not (isinstance(item, Ask) and refusal is not None):
            error.add_note(f"before that, the agent did {notes.effects}")
            raise error
        return Turn(tuple(notes.effects), refusal, answer)


def _in_a_run() -> bool:
    try:
        trio.lowlevel.current_trio_token()
    except RuntimeError:
        return False
    return True


class _Minder:
    """Sees to it that a turn comes to an end."""

    def __init__(self, notes: Notes, clock: trio.testing.MockClock) -> None:
        self._notes = notes
        self._clock = clock
        self.complaint: str | None = None

    async def mind(self, task: Task, turn: trio.CancelScope) -> None:
        """Whenever all tasks wait, go on to a deadline, or end the turn."""
        while True:
            await trio.testing.wait_all_tasks_blocked()
            ahead = current_statistics().seconds_to_next_deadline
            late = any(ask.parked for ask in self._notes.awaited)
            if self.complaint is None and not (late and ahead < inf):
                self.complaint = self._notes.unscripted or (
                    f"it waits at {_place(task)}, and in a rehearsal there is nothing "
                    "to wait for; run it with Schedule.run instead"
                )
                turn.cancel()
            elif ahead < inf:
                self._clock.jump(max(ahead, 0))
            else:
                return


def _place(task: Task) -> str:
    """Return where the user's own code waits."""
    frame, line = own_frames(task)[-1]
    file = frame.f_code.co_filename
    source = linecache.getline(file, line).strip()
    return f"line {line} of {Path(file).name}{f', {source!r}' if source else ''}"


class _LogNotes(Handler):
    def emit(self, record: LogRecord) -> None:
        note(Logged(record.levelname, record.getMessage()))


@contextmanager
def _logs() -> Generator[None]:
    """Note what is logged in the block."""
    handler, root = _LogNotes(), getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def rehearse(
    factory: Callable[[*Ts], Agent[M]], *args: *Ts, name: str | None = None
) -> Rehearsal[M]:
    """Make an agent that handles one message at a time, when a test says so.

    For a test that is not async. Others, which the agent talks to, are `StandIn`
    handles. Its lifespan is not entered; and a handler that waits for anything but
    checkpoints and answers is stopped with `CannotRehearse`.

    Args:
        factory: returns a new `Agent`, usually its class.
        args: the arguments of *factory*. For keywords use `functools.partial`.
        name: what the effects call it; the name of the factory if not given.

    Returns:
        The rehearsal.

    Raises:
        TypeError: *factory* returned no `Agent`, or one that has its messages handled
            by others, as a pool does.

    Example::

        camera = rehearse(Service)
        camera.send(Set(42))
        assert camera.ask(Get()).answer == 42
    """
    check_factory(factory)
    agent = factory(*args)
    made: object = agent
    if not isinstance(made, Agent) or isinstance(made, Front):
        raise TypeError(
            f"what is rehearsed is an agent with a handler of its own, not {made!r}"
        )
    return Rehearsal(agent, name_of(factory) if name is None else name)

"""The agent's part: what it does is written down, slowed down, and made to fail."""

import attrs
import trio

from ..._core.ask import Ask, Stage
from ..._core.failures import event_for, lone_refusal
from ..._core.life import Life
from ..._model.lifecycle import Event
from ..._model.request import Request
from .laws import Kind
from .offspring import Offspring
from .play import Entry, How, Play, Turn
from .scene import Line
from .watching import Becoming, Handler, Overheard, Watched


class PlannedCrash(Exception):
    """What a turn raises where the scene wants it to fail."""


@attrs.define(eq=False)
class Notes:
    """What those on the stage write down and have to know of each other."""

    play: Play
    kind: Kind
    offspring: Offspring
    began: float = attrs.field(factory=trio.current_time)
    waiting: list[int] = attrs.field(factory=list[int])  # offered, and not begun
    cancelled_at: float | None = None
    asking: int = 0
    quiet: trio.Event = attrs.field(factory=trio.Event)  # nobody asks any more

    def note(self, what: str, number: int | None = None, detail: object = None) -> None:
        """Write an event down."""
        at = trio.current_time() - self.began
        steps, own = self.offspring.steps, self.offspring.own_steps
        entry = Entry(what, number, detail, at, steps, own)
        self.play.entries.append(entry)


@attrs.define(eq=False)
class Acting:
    """Observes an agent, for a `Watched`."""

    notes: Notes
    cleanup: float

    def note(self, what: str, number: int | None = None, detail: object = None) -> None:
        """Write an event down."""
        self.notes.note(what, number, detail)
        self.keep_watching()

    def keep_watching(self) -> None:
        """Watch what the agent has become, too."""
        for life in self.notes.play.lives[:1]:
            handler = life.handler
            ours = isinstance(getattr(handler, "__self__", None), Watched)
            if handler is not None and not ours and not isinstance(handler, Becoming):
                life.handler = Becoming(handler, self)

    async def before_leaving(self) -> None:
        """Wait for those who have asked, if this is about them."""
        if self.notes.kind == "hosting":
            with trio.CancelScope(shield=True) as patience:
                patience.deadline = trio.current_time() + self.cleanup / 2
                while self.notes.asking:
                    await self.notes.quiet.wait()
            self.note("waited for its askers", None, self.notes.asking)

    async def after_leaving(self) -> None:
        """Take too long, if this is about that."""
        if self.notes.kind == "overrunning":
            await trio.sleep(self.cleanup + 1)

    async def turn(self, handler: Handler, message: object) -> object:
        """Have *message* handled, or crash as planned."""
        life = self.notes.play.life
        turn = Turn(message, self._number_of(message))
        self._look_at_those_before(turn)
        self.notes.play.turns.append(turn)
        self.notes.offspring.turn = turn
        self.note("begun", turn.number, message)
        try:
            turn.value = await self._act(turn, handler)
            turn.how = _how_it_ended(life, turn)
            return turn.value
        except BaseException as error:
            turn.how, turn.error = _how_it_failed(error, life), error
            raise
        finally:
            self.notes.offspring.turn = None
            self.note("ended", turn.number, turn.how)

    async def _act(self, turn: Turn, handler: Handler) -> object:
        if self.notes.kind == "queue" and len(self.notes.play.turns) == 1:
            await trio.sleep_forever()
        line = Line(None) if turn.number is None else self.notes.play.line(turn.number)
        if line.slow is not None:
            await trio.sleep(line.slow)
        if line.crash == "before":
            raise PlannedCrash(f"before the turn with {turn.message!r}")
        work = Overheard(handler(turn.message), turn, self._is_cancelled_now)
        value = await _within_a_scope(work, turn)
        if line.crash == "after":
            raise PlannedCrash(f"after the turn with {turn.message!r}")
        return value

    def _is_cancelled_now(self) -> bool:
        return self.notes.cancelled_at == trio.current_time()

    def _look_at_those_before(self, turn: Turn) -> None:
        for earlier in self.notes.play.turns:
            task = self.notes.offspring.at_work_for(earlier)
            if task is not None and not earlier.deferred and not earlier.overtaken:
                earlier.overtaken = task.name, turn.message

    def _number_of(self, message: object) -> int | None:
        """Return the line that says this very message, the oldest if several do."""
        for number in self.notes.waiting:
            if self.notes.play.message(number) is message:
                self.notes.waiting.remove(number)
                return number
        return None


async def _within_a_scope(work: Overheard, turn: Turn) -> object:
    value: object = None
    try:
        with trio.CancelScope():
            value = await work
    except RuntimeError as error:
        turn.left_open = "Cancel scope stack corrupted" in str(error)
        raise
    return value


def _how_it_ended(life: Life, turn: Turn) -> How:
    ask = life.turn
    put_off = isinstance(ask, Ask) and ask.stage is not Stage.BEGUN
    turn.deferred = put_off or isinstance(ask, Request)  # it was sent: nobody can tell
    if life.lane is not None and life.lane.postponing:
        return "postponed"
    return "streamed" if hasattr(turn.value, "__aiter__") else "handled"


def _how_it_failed(error: BaseException, life: Life) -> How:
    asked = isinstance(life.turn, Ask)
    if asked and lone_refusal(error) is not None:
        return "handled"
    return "failed" if event_for(error) is Event.CRASH else "interrupted"

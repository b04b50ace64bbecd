"""Bring your agent, get the shutdown laws."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from ..._core.agent import Agent
from ..._core.setting import check_factory, check_seconds, name_of
from ..schedules.schedule import Schedule
from . import of_asks, of_ends, of_messages, of_turns
from .drawing import Author, Source, check_runs, draw_from
from .laws import Kind, Law
from .play import Play
from .report import Conformance
from .stage import Setting, Stage
from .trial import Trial

M = TypeVar("M")
Ts = TypeVarTuple("Ts")

# Without the one about repetition no other finding could be repeated: it comes first.
LAWS: tuple[Law, ...] = tuple(
    sorted(
        (*of_messages.LAWS, *of_asks.LAWS, *of_ends.LAWS, *of_turns.LAWS),
        key=lambda law: (law.number != 24, law.number),
    )
)
_ABOUT_ASKS = {5, 11, 16}


def check_agent(
    factory: Callable[[*Ts], Agent[M]],
    *args: *Ts,
    messages: Source[M] = (),
    requests: Source[M] = (),
    streams: Source[M] = (),
    crashes: tuple[type[BaseException], ...] = (),
    leave_out: Collection[int] = (),
    runs: int = 40,
    seed: int = 0,
    capacity: int | None = None,
    cleanup: float = 5.0,
    patience: float = 1000.0,
    supervised: bool = False,
) -> Conformance:
    """Hold an agent of yours against the laws of exeunt.

    Senders, orders of steps, crashes and ends are drawn, and the agent is watched from
    within its own life: it is cancelled, stopped, asked and left at the worst of times.
    The same arguments draw the same. Time is virtual, so it takes none to wait; real
    threads and real input or output have to be faked. Most scenes have up to six
    messages, one of four up to 24; about two are handled in each.

    Args:
        factory: returns a new agent, usually its class. Called anew for every run, and
            once before.
        args: the arguments of *factory*. For keywords use `functools.partial`.
        messages: what is sent to the agent: a list to choose from, or a function that
            makes a message with a `random.Random`.
        requests: what it is asked, likewise.
        streams: what it is asked to answer item by item, likewise.
        crashes: what its handler raises by design. Any other exception breaks law 6.
        leave_out: numbers of the laws that it is not to keep.
        runs: how many scenes are played for each kind of law.
        seed: what they are drawn with.
        capacity: of the agent's mailbox; between 0 and 3, drawn, if not given.
        cleanup: how many seconds leaving its lifespan may take.
        patience: how many virtual seconds anybody waits for an answer or for its end.
        supervised: whether it lives in a supervisor rather than in a nursery.

    Returns:
        The laws that were judged, in how many runs.

    Raises:
        LawBroken: the agent, or exeunt, breaks a law. The error shows the smallest
            scene found, and what happened in it.
        TypeError: an argument is of the wrong kind, or *factory* makes no agents.
        Exception: what *factory* raised, if it cannot make even one.
        ValueError: an argument is out of range, there are no messages, or the agent
            handled none.

    Example::

        print(check_agent(Service, messages=[Set(1), Set(2)], requests=[Get()]))
    """
    check_factory(factory)
    check_runs(runs)
    check_seconds("cleanup", cleanup)
    check_seconds("patience", patience)
    author = Author(
        draw_from("messages", messages),
        draw_from("requests", requests),
        draw_from("streams", streams),
        capacity,
    )
    if author.empty:
        raise ValueError("there is nothing to say to the agent: give it messages=")
    make = partial(factory, *args)
    setting = Setting(make, supervised, cleanup, patience, crashes)

    async def perform(kind: Kind, play: Play) -> None:
        await Stage(setting, kind, play).perform()

    _try_to_make(make, name_of(factory))
    trial = Trial(name_of(factory), setting, author.scene, perform, runs, seed)
    kept = trial.hold(_laws_but(leave_out, asks=author.asks))
    if not kept.messages:
        raise ValueError(
            f"in {kept.runs} runs {kept.name} handled no message, so nothing was "
            "checked: give it messages that it can handle"
        )
    return kept


def _try_to_make(make: Callable[[], object], name: str) -> None:
    """Make one agent, so that whoever cannot be made at all is no broken law."""

    async def program() -> None:  # noqa: ASYNC124 - it needs a run, and no more
        make()

    try:
        Schedule().run(program)
    except Exception as error:
        error.add_note(
            f"{name} could not be made, so nothing was checked. If it takes arguments, "
            f"give them after it: check_agent({name}, 1, 2, messages=...)"
        )
        raise


def _laws_but(leave_out: Collection[int], *, asks: bool) -> tuple[Law, ...]:
    known: dict[Any, Law] = {law.number: law for law in LAWS}
    for number in leave_out:
        if number not in known:
            numbers = ", ".join(map(str, sorted(known)))
            raise ValueError(f"there is no law {number!r} here, only {numbers}")
    gone = {*leave_out} if asks else {*leave_out} | _ABOUT_ASKS
    return tuple(law for law in LAWS if law.number not in gone)

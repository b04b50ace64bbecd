"""The laws of pools: 1 to 6, 9, 10, 12, 16, 19 and 26, with several workers.

A shift is drawn: a pool with or without a key, some messages, somebody who changes
the number of workers, and somebody who ends it. At each entry in its log, which is
whenever anybody does anything, the pool's account is held against what the log knows.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import Any, Literal

import attrs
import trio
from hypothesis import strategies as st
from laws import law
from scenes import (
    CLEANUP,
    Boom,
    Deed,
    End,
    Log,
    Message,
    Play,
    Player,
    Scene,
    Way,
    _end,
    _note_end,
    _speak,
    scenes,
)
from test_laws_of_messages import check_conservation, check_truthful_senders

from exeunt import Backoff, Handle, Pool, Reason, open_supervisor, start
from exeunt._core.failures import leaves
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal
from exeunt.pools.seats import KeyedSeats
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@attrs.frozen
class Shift:
    """All that is drawn, but for the schedule."""

    scene: Scene
    size: int
    keys: int  # how many different ones; 0: a pool without a key
    restart: Literal["temporary", "transient"]
    max_restarts: int
    pause: int  # seconds before a restart
    resizes: tuple[tuple[int, int], ...]  # at which second to how many
    supervised: bool  # by one that starts the pool again

    @property
    def sizes(self) -> list[int]:
        return [self.size, *(size for _, size in self.resizes)]


@st.composite
def shifts(
    draw: st.DrawFn,
    /,
    *,
    keys: tuple[int, ...] = (0, 0, 1, 2, 3),
    restarts: tuple[Any, ...] = ("temporary", "transient"),
    budgets: tuple[int, ...] = (0, 1, 100),
    sizes: tuple[int, int] = (1, 3),
    supervised: tuple[bool, ...] = (False, False, True),
    min_resizes: int = 0,
    **scene: Any,
) -> Shift:
    """Draw a shift made of these."""
    size = st.integers(*sizes)
    chosen = draw(st.sampled_from(keys))
    drawn = draw(scenes(**scene))
    if chosen and not drawn.capacity:
        drawn = attrs.evolve(drawn, capacity=1)
    return Shift(
        scene=drawn,
        size=draw(size),
        keys=chosen,
        restart=draw(st.sampled_from(restarts)),
        max_restarts=draw(st.sampled_from(budgets)),
        pause=draw(st.integers(0, 2)),
        resizes=tuple(
            draw(
                st.lists(
                    st.tuples(st.integers(0, 4), size),
                    min_size=min_resizes,
                    max_size=2,
                )
            )
        ),
        supervised=draw(st.sampled_from(supervised)),
    )


@attrs.define
class Account(Log):
    """A log that looks into the pool's account at each entry."""

    handle: Handle[Any] | None = None
    open: int = 0  # turns
    gaps: list[object] = attrs.field(factory=list)

    def __call__(
        self, what: str, number: int | None = None, detail: Any = None
    ) -> None:
        super().__call__(what, number, detail)
        self.open += what == "begin"
        if self.handle is not None:
            figures = self.handle.statistics()
            ledger = figures.ledger
            if ledger.accepted - ledger.settled != figures.waiting + self.open:
                self.gaps.append((what, number, figures, self.open))
        self.open -= what == "end"


class Worker(Player):
    """One of the pool."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        if isinstance(self.log, Account):
            self.log.handle = self.context.handle
        async with super().lifespan():
            yield

    async def handle(self, message: Message) -> int:
        self.log.entries.append(("by", message.line.number, self.context.name))
        return await super().handle(message)


def work(it: Shift, schedule: Schedule) -> Play:
    """Play a shift in the order of *schedule*."""
    play = schedule.run(_perform, it)
    assert isinstance(play.log, Account)
    assert not play.log.gaps
    return play


async def _perform(it: Shift) -> Play:
    log, crash = Account(), list[BaseException]()
    async with trio.open_nursery() as cast:
        handle, pool, stage = await cast.start(_hold, it, log, crash)
        cast.start_soon(_note_end, handle, log)
        async with trio.open_nursery() as senders:
            for sender in {line.sender for line in it.scene.lines}:
                senders.start_soon(_speak, it.scene, sender, handle, log)
            for at, end in it.scene.ends:
                senders.start_soon(_end, at, end, handle, stage, log)
            for at, size in it.resizes:
                senders.start_soon(_resize, at, size, pool)
        handle.stop()
        outcome = await handle.wait_closed()
    return Play(it.scene, log, outcome, crash, handle._life)


async def _hold(
    it: Shift, log: Log, crash: list[BaseException], task_status: Any
) -> None:
    pool = Pool(
        it.size,
        Worker,
        it.scene,
        log,
        key=(lambda message: message.line.number % it.keys) if it.keys else None,
        restart=it.restart,
        max_restarts=it.max_restarts,
        within=1000,
        backoff=Backoff(it.pause, it.pause, jitter=0),
    )
    options: dict[str, Any] = {"capacity": it.scene.capacity, "cleanup": CLEANUP}
    try:
        async with trio.open_nursery() as stage:
            if not it.supervised:
                handle = await start(stage, pool, **options)
                task_status.started((handle, pool, stage))
                return
            async with open_supervisor(max_restarts=100, within=1000) as supervisor:
                handle = await supervisor.start(pool, restart="transient", **options)
                task_status.started((handle, pool, stage))
                await handle.wait_closed()
    except* Boom as group:
        crash.extend(leaves(group))


async def _resize(at: int, size: int, pool: Pool[Any]) -> None:
    await trio.sleep(at)
    pool.resize(size)


@law("pools: 1 conservation", it=shifts(), schedule=schedules())
def test_a_pool_accounts_for_every_message_at_every_instant(
    it: Shift, schedule: Schedule
) -> None:
    check_conservation(work(it, schedule))


@law("pools: 2 truthful sender", it=shifts(), schedule=schedules())
def test_what_a_pool_refused_was_not_accepted(it: Shift, schedule: Schedule) -> None:
    check_truthful_senders(work(it, schedule))


@law(
    "pools: 3 intake closes at the call",
    it=shifts(ends=(End.STOP, End.CANCEL, End.ACLOSE), min_ends=1),
    schedule=schedules(),
)
def test_nothing_is_accepted_after_the_call(it: Shift, schedule: Schedule) -> None:
    log = work(it, schedule).log
    closed = log.where("request")
    for line in it.scene.lines:
        offered = log.where("offer", line.number)
        if offered and closed and offered[0] > closed[0]:
            assert not log.where("begin", line.number)
            assert not log.where("accepted", line.number)


@law("pools: 4 order without a key", it=shifts(keys=(0,)), schedule=schedules())
def test_turns_begin_in_the_order_of_acceptance(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    offered = play.log.numbers("offer")
    begun = [*play.log.numbers("begin"), *play.undelivered()]
    assert begun == sorted(begun, key=offered.index)


@law("pools: 4 order of a key", it=shifts(keys=(1, 2, 3)), schedule=schedules())
def test_turns_of_a_key_come_one_after_the_other_in_order(
    it: Shift, schedule: Schedule
) -> None:
    play = work(it, schedule)
    offered = play.log.numbers("offer")
    assert play.undelivered() == sorted(play.undelivered(), key=offered.index)
    for key in range(it.keys):
        turns = [
            (what, number)
            for what, number, _ in play.log.entries
            if what in {"begin", "end"} and (number or 0) % it.keys == key
        ]
        for begin, end in zip(turns[::2], turns[1::2], strict=True):
            assert (begin[0], end) == ("begin", ("end", begin[1]))
        begun = [n for what, n in turns if what == "begin" and n is not None]
        begun += [n for n in play.undelivered() if n % it.keys == key]
        assert begun == sorted(begun, key=offered.index)


@law(
    "pools: the same worker for a key",
    it=shifts(
        keys=(2, 3), restarts=("transient",), budgets=(100,), supervised=(False,)
    ),
    schedule=schedules(),
)
def test_a_key_has_one_worker(it: Shift, schedule: Schedule) -> None:
    it = attrs.evolve(it, resizes=())
    by = work(it, schedule).log.details("by")
    for key in range(it.keys):
        assert len({name for n, name in by.items() if (n or 0) % it.keys == key}) <= 1


@law("pools: 5 ask totality", it=shifts(), schedule=schedules())
def test_every_asker_hears_what_became_of_it(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    answers = play.log.details("answer")
    told = {*answers, *play.log.numbers("gave up")}
    assert {n for n in play.log.numbers("offer") if play.line(n).asked} <= told
    for number, answer in answers.items():
        assert number is not None
        how = play.how(number)
        match answer:
            case AgentCrashed():
                assert how == "failed"
            case AgentClosed(fate=None):
                assert how is None
            case AgentClosed(fate=fate) if play.line(number).deed is not Deed.DEFER:
                assert how == (None if fate == "undelivered" else str(fate))
            case int() | Refusal():
                assert how == "handled"


@law(
    "pools: 6 lossless drain",
    it=shifts(
        ends=(End.STOP, End.ACLOSE),
        deeds=(Deed.RETURN, Deed.REFUSE, Deed.DEFER),
        ways=(Way.SEND, Way.NOWAIT, Way.ASK),
    ),
    schedule=schedules(),
)
def test_a_pool_that_is_stopped_handles_all(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    assert play.outcome.reason is Reason.STOPPED
    ledger = play.outcome.ledger
    assert ledger.accepted == ledger.handled + ledger.abandoned
    assert not play.crash


@law(
    "pools: resizing loses nothing",
    it=shifts(
        keys=(0,),
        restarts=("temporary",),
        supervised=(False,),
        deeds=(Deed.RETURN,),
        ways=(Way.SEND, Way.ASK),
        ends=(),
        patience=False,
        min_resizes=1,
    ),
    schedule=schedules(),
)
def test_everything_is_handled_whatever_the_number_of_workers(
    it: Shift, schedule: Schedule
) -> None:
    ledger = work(it, schedule).outcome.ledger
    assert ledger.accepted == ledger.handled == len(it.scene.lines)


@law(
    "pools: 9 no start after cancel",
    it=shifts(ends=(End.CANCEL,), min_ends=1),
    schedule=schedules(),
)
def test_no_turn_begins_after_the_cancel(it: Shift, schedule: Schedule) -> None:
    log = work(it, schedule).log
    for place in log.where("request")[:1]:
        assert all(begun < place for begun in log.where("begin"))


@law(
    "pools: 8 bounded stop",
    it=shifts(ends=(End.CANCEL, End.SHORT_ACLOSE), min_ends=1),
    schedule=schedules(),
)
def test_a_cancelled_pool_is_gone_in_time(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    (closed,) = play.log.of("closed")
    latest = [at + (end is End.SHORT_ACLOSE) for end, at in play.log.of("request")]
    assert closed <= min(latest) + CLEANUP


@law(
    "pools: 10 a crash surfaces once",
    it=shifts(supervised=(False,), deeds=(Deed.RETURN, Deed.RAISE)),
    schedule=schedules(),
)
def test_what_is_not_forgiven_surfaces_once(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    failed = play.ended("failed")
    surfaced = [error.args[0] for error in play.crash]
    assert len({*surfaced}) == len(surfaced)
    assert {*surfaced} <= {*failed}
    assert bool(surfaced) is (play.outcome.reason is Reason.CRASHED)
    if it.restart == "temporary":
        assert sorted(surfaced) == sorted(failed)
    elif len(failed) > it.max_restarts and not it.scene.ends:
        assert len(surfaced) > it.max_restarts


@law("pools: 12 serial", it=shifts(), schedule=schedules())
def test_each_worker_has_one_turn_at_a_time_and_no_more_turns_than_workers(
    it: Shift, schedule: Schedule
) -> None:
    log = work(it, schedule).log
    turns = [(what, n) for what, n, _ in log.entries if what in {"begin", "end"}]
    open_turns = accumulate(1 if what == "begin" else -1 for what, _ in turns)
    if it.sizes == sorted(it.sizes) or not it.resizes:
        assert max(open_turns, default=0) <= max(it.sizes)
    by = log.details("by")
    for name in {*by.values()}:
        own = [turn for turn in turns if by[turn[1]] == name]
        for begin, end in zip(own[::2], own[1::2], strict=True):
            assert (begin[0], end) == ("begin", ("end", begin[1]))


@law(
    "pools: 19 a restart loses its turn alone",
    it=shifts(
        restarts=("transient",),
        budgets=(100,),
        ends=(End.STOP, End.ACLOSE),
        ways=(Way.SEND, Way.ASK),
        patience=False,
    ),
    schedule=schedules(),
)
def test_a_crash_costs_the_message_that_crashed(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    ledger, log = play.outcome.ledger, play.log
    assert ledger.accepted == ledger.handled + ledger.failed
    assert ledger.failed == len(play.ended("failed"))
    assert play.outcome.reason is Reason.STOPPED
    # None for a worker that was stopped before it came in again, with nothing to do.
    assert play.outcome.restarts <= ledger.failed
    assert len(log.numbers("begin")) == len(log.numbers("accepted"))


@law("pools: 26 no leaks", it=shifts(), schedule=schedules())
def test_nothing_is_left(it: Shift, schedule: Schedule) -> None:
    play = work(it, schedule)
    shared = play.life.mailbox
    assert play.life.crew == []
    assert not shared.asleep
    assert shared.sleeper is None
    assert shared.line is None
    assert not shared.seats.free
    assert shared.outlet.statistics().open_send_channels == 0
    assert shared.outlet.statistics().open_receive_channels == 0
    if isinstance(shared.seats, KeyedSeats):
        assert not shared.seats._owners
        assert not shared.seats._homeless

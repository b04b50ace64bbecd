"""Laws 3, 6-9, 22, 25, 26 and 28: how an agent leaves the stage."""

from random import Random

import pytest
import trio
import trio.testing
from hypothesis import strategies as st
from laws import law
from scenes import (
    CLEANUP,
    Backstage,
    Deed,
    End,
    Line,
    Log,
    Message,
    Play,
    Player,
    Scene,
    Tell,
    Way,
    perform,
    play,
    scenes,
)

from exeunt import Handle, Outcome, Reason, start
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

PEACEFUL = (Deed.RETURN, Deed.REFUSE, Deed.DEFER)


@law(
    "3 intake closes at the call",
    scene=scenes(ends=(End.STOP, End.CANCEL), min_ends=1),
    schedule=schedules(),
)
def test_intake_closes_at_the_call(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    [request, *_] = it.log.where("request")
    for number in it.log.numbers("offer"):
        [offered] = it.log.where("offer", number)
        if offered > request:
            assert number in it.log.numbers("refused") + it.log.numbers("gave up")
            assert number not in it.log.numbers("begin") + it.undelivered()
    assert len(it.undelivered()) <= scene.capacity + 1


@law(
    "6 lossless drain",
    scene=scenes(
        ends=(End.STOP, End.ACLOSE), deeds=PEACEFUL, patience=False, leave=(0, 1)
    ),
    schedule=schedules(),
)
def test_a_drain_loses_nothing(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    assert it.outcome.reason is Reason.STOPPED
    assert it.outcome.ledger.handled == it.outcome.ledger.accepted
    assert sorted(it.ended("handled")) == sorted(it.accepted())
    for number, answer in it.log.details("answer").items():
        if isinstance(answer, AgentClosed):
            assert number in it.log.numbers("refused")


@law(
    "7 stop semilattice",
    scene=scenes(ends=(), deeds=PEACEFUL),
    requests=st.lists(st.sampled_from((End.STOP, End.CANCEL)), min_size=1, max_size=4),
    at=st.integers(0, 3),
    random=st.randoms(use_true_random=False),
    schedule=schedules(),
)
def test_the_order_of_simultaneous_requests_does_not_matter(
    scene: Scene,
    requests: list[End],
    at: int,
    random: Random,
    schedule: Schedule,
) -> None:
    shuffled = [*requests]
    random.shuffle(shuffled)
    seen = [
        schedule.run(_end_all_at_once, scene, at, these)
        for these in (requests, shuffled, shuffled * 2)
    ]
    assert seen[0] == seen[1] == seen[2]


async def _end_all_at_once(
    scene: Scene, at: int, requests: list[End]
) -> tuple[Reason, object, tuple[object, ...], float]:
    log = Log()
    async with trio.open_nursery() as stage:
        player = await start(stage, Player, scene, log, capacity=8, cleanup=CLEANUP)
        for line in scene.lines:
            player.send_nowait(Tell(line))
        await trio.sleep(at)
        for request in requests:
            if request is End.STOP:
                player.stop()
            else:
                player.cancel()
        outcome = await player.wait_closed()
        return outcome.reason, outcome.ledger, outcome.undelivered, trio.current_time()


@pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")
@law(
    "8 bounded stop",
    scene=scenes(ends=(End.CANCEL,), min_ends=1, leave=(0, 1, 4, 7)),
    schedule=schedules(),
)
def test_a_cancel_closes_within_the_cleanup(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    if it.outcome.reason is Reason.CANCELLED:
        [requested_at, *_] = [at for _, at in it.log.of("request")]
        [closed_at] = it.log.of("closed")
        assert closed_at - requested_at <= CLEANUP
    overran = scene.leave > CLEANUP and bool(it.log.where("leaving"))
    assert it.outcome.cleanup_timed_out == overran
    if not overran:
        assert len(it.log.where("left")) == len(it.log.where("leaving"))


@law(
    "9 no start after cancel",
    scene=scenes(ends=(End.CANCEL,), min_ends=1),
    schedule=schedules(),
)
def test_no_handler_starts_after_a_cancel(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    [cancelled, *_] = it.log.where("request")
    assert all(begun < cancelled for begun in it.log.where("begin"))


@law("25 cleanup once", scene=scenes(), schedule=schedules())
def test_lifespan_is_left_once_if_it_was_entered(
    scene: Scene, schedule: Schedule
) -> None:
    it = play(scene, schedule)
    entered, leaving = it.log.where("entered"), it.log.where("leaving")
    assert len(entered) == len(leaving) <= len(it.log.where("entering")) == 1
    assert len(it.log.where("left")) == len(leaving)
    # After the last message, and before the end.
    assert all(turn < leaving[0] for turn in it.log.where("end"))


@law("26 no leaks", scene=scenes(), schedule=schedules())
def test_nothing_is_left_behind(scene: Scene, schedule: Schedule) -> None:
    check_no_leaks(play(scene, schedule))


def check_no_leaks(it: Play) -> None:
    life = it.life
    # That no task is left is what the nurseries of the scene already say.
    for end in (life.mailbox.inlet, life.mailbox.outlet):
        figures = end.statistics()
        assert figures.open_send_channels == figures.open_receive_channels == 0
        assert figures.current_buffer_used == 0
    assert not life.mailbox.line
    assert life.mailbox.sleeper is None
    assert not life.deferred
    assert not life.watchers
    assert life.waits_for is None


@law(
    "28 watchers",
    scene=scenes(),
    times=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    schedule=schedules(),
)
def test_every_watcher_gets_the_same_outcome(
    scene: Scene, times: list[int], schedule: Schedule
) -> None:
    outcomes: list[Outcome] = []

    async def watch(handle: Handle[Message], at: int) -> None:
        await trio.sleep(at)
        outcomes.append(await handle.wait_closed())

    async def watched() -> Play:
        async with trio.open_nursery() as watchers:

            def introduce(backstage: Backstage) -> None:
                for at in times:
                    watchers.start_soon(watch, backstage.handle, at)

            return await perform(scene, introduce)

    it = schedule.run(watched)
    assert len(outcomes) == len(times)
    assert all(each is it.outcome for each in outcomes)


@law(
    "22 control priority",
    few=st.integers(0, 2),
    many=st.integers(10, 40),
    end=st.sampled_from((End.STOP, End.CANCEL)),
)
def test_the_length_of_the_queue_does_not_delay_control(
    few: int, many: int, end: End
) -> None:
    assert _steps_to_end(few, end) == _steps_to_end(many, end)


def _steps_to_end(queued: int, end: End) -> int:
    """Count the steps from the call to the refusal (stop) or the end (cancel)."""
    schedule = Schedule()

    async def program() -> int:
        line = Line(0, 0, Way.SEND, 0, None, 2, Deed.RETURN)
        scene = Scene(queued, (), (), 0, 0)
        async with trio.open_nursery() as stage:
            player = await start(stage, Player, scene, Log(), capacity=max(queued, 1))
            await player.send(Tell(line))
            await trio.testing.wait_all_tasks_blocked()
            for _ in range(queued):
                player.send_nowait(Tell(line))
            called = schedule.steps
            if end is End.STOP:
                player.stop()
                with pytest.raises(AgentClosed):
                    await player.send(Tell(line))
                taken = schedule.steps - called
                player.cancel()
                return taken
            player.cancel()
            await player.wait_closed()
            return schedule.steps - called

    return schedule.run(program)

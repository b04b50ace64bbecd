"""T17: telling everybody who listens."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncIterator, Hashable

import pytest
import trio
from trio.testing import (
    assert_checkpoints,
    assert_no_checkpoints,
    wait_all_tasks_blocked,
)
from troupe import Call

from exeunt import Subscription, Topic, open_supervisor
from exeunt.exceptions import WrongRun


@pytest.fixture
async def topic() -> Topic[str]:
    return Topic[str]()


def received(subscription: Subscription[str]) -> list[str]:
    """Take out whatever is there."""
    messages = []
    try:
        while True:
            messages.append(subscription.receive_nowait())
    except (trio.WouldBlock, trio.EndOfChannel):
        return messages


async def publishing(
    nursery: trio.Nursery, topic: Topic[str], *messages: str
) -> list[Call]:
    """Publish each in a task of its own, one after the other."""
    calls = []
    for message in messages:
        calls.append(Call(nursery, topic.publish, message))
        await wait_all_tasks_blocked()
    return calls


async def test_T17_1_a_message_is_published_in_one_instant(topic: Topic[str]) -> None:
    with topic.subscribe() as one, topic.subscribe() as two:
        topic.publish_nowait("a")
        assert one.receive_nowait() == two.receive_nowait() == "a"
    with topic.subscribe(overflow="wait") as three:
        assert received(three) == []


async def test_T17_2_everybody_sees_the_same_order(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with (
        topic.subscribe() as quick,
        topic.subscribe(capacity=1, overflow="wait") as slow,
        topic.subscribe(capacity=0, overflow="wait") as slowest,
    ):
        calls = await publishing(nursery, topic, *"abcd")
        assert all(call.pending for call in calls)
        assert received(quick) == [*"abcd"]
        assert [await slow.receive() for _ in range(4)] == [*"abcd"]
        assert [await slowest.receive() for _ in range(4)] == [*"abcd"]
        await wait_all_tasks_blocked()
        assert not any(call.pending for call in calls)


async def test_T17_3_a_subscription_gets_nothing_of_what_was_before(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    begun_later = topic.subscribe()
    with topic.subscribe(capacity=0, overflow="wait") as slow:
        (call,) = await publishing(nursery, topic, "a")
        with begun_later as later:
            assert await slow.receive() == "a"
            await wait_all_tasks_blocked()
            assert not call.pending
            assert received(later) == []
            assert later.lag == 0


def first_letter(text: str) -> str:
    return text[0]


async def test_T17_4_who_is_not_lossless_makes_nobody_wait(topic: Topic[str]) -> None:
    with (
        topic.subscribe(capacity=2) as oldest,
        topic.subscribe(capacity=2, overflow="drop_newest") as newest,
        topic.subscribe(capacity=2, overflow="latest", key=first_letter) as latest,
    ):
        with trio.fail_after(0):
            for message in "a1", "b1", "a2", "c1", "c2", "b2":
                topic.publish_nowait(message)
        assert received(oldest) == ["c2", "b2"]
        assert received(newest) == ["a1", "b1"]
        assert received(latest) == ["b2", "c2"]
        assert oldest.lag == newest.lag == latest.lag == 4


async def test_T17_5_who_is_lossless_gets_everything(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with topic.subscribe(capacity=1, overflow="wait") as subscription:
        async with trio.open_nursery() as publishers:
            for message in "abcdefgh":
                publishers.start_soon(topic.publish, message)
            got = [await subscription.receive() for _ in range(8)]
        assert sorted(got) == [*"abcdefgh"]
        assert subscription.lag == 0


async def test_T17_6_publish_waits_for_the_lossless_and_for_nothing_else(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with (
        topic.subscribe(capacity=1, overflow="wait") as one,
        topic.subscribe(capacity=1, overflow="wait") as two,
        topic.subscribe(capacity=1),
    ):
        (call,) = await publishing(nursery, topic, "a")
        assert not call.pending
        (call,) = await publishing(nursery, topic, "b")
        assert one.receive_nowait() == "a"
        await wait_all_tasks_blocked()
        assert call.pending
        assert two.receive_nowait() == "a"
        await wait_all_tasks_blocked()
        assert not call.pending


async def test_T17_7_a_cancelled_publish_has_told_all_but_those_it_waited_for(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with (
        topic.subscribe() as other,
        topic.subscribe(overflow="wait") as ready,
        topic.subscribe(capacity=1, overflow="wait") as came_round,
        topic.subscribe(capacity=1, overflow="wait") as full,
    ):
        topic.publish_nowait("a")
        gave_up, _ = await publishing(nursery, topic, "b", "c")
        assert came_round.receive_nowait() == "a"
        gave_up.scope.cancel()
        await wait_all_tasks_blocked()
        assert gave_up.cancelled
        assert received(other) == received(ready) == ["a", "b", "c"]
        assert received(came_round) == ["b", "c"]
        assert received(full) == ["a", "c"]
        assert full.lag == 1
        assert other.lag == ready.lag == came_round.lag == 0


async def test_T17_8_publish_nowait_tells_all_or_nobody(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with (
        topic.subscribe() as other,
        topic.subscribe(capacity=1, overflow="wait") as full,
    ):
        topic.publish_nowait("a")
        with pytest.raises(trio.WouldBlock):
            topic.publish_nowait("b")
        assert received(full) == ["a"]
        topic.publish_nowait("c")
        assert received(other) == ["a", "c"]


async def test_T17_9_lag_is_how_many_it_has_lost(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with topic.subscribe(capacity=2) as subscription:
        for message in "abcde":
            topic.publish_nowait(message)
        assert subscription.lag == 3
        assert subscription.receive_nowait() == "d"
        topic.publish_nowait("f")
        assert subscription.lag == 3
        assert received(subscription) == ["e", "f"]


async def test_T17_10_leaving_the_block_ends_the_subscription(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with topic.subscribe(capacity=0, overflow="wait") as slow:
        calls = await publishing(nursery, topic, "a", "b")
    await wait_all_tasks_blocked()
    assert not any(call.pending or call.result for call in calls)
    with pytest.raises(trio.ClosedResourceError):
        slow.receive_nowait()

    with topic.subscribe() as idle:
        call = Call(nursery, idle.receive)
        await wait_all_tasks_blocked()
    await wait_all_tasks_blocked()
    assert isinstance(call.result, trio.ClosedResourceError)


async def test_T17_11_after_close_what_is_in_the_queue_is_received(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    async def collect(messages: AsyncIterator[str]) -> list[str]:
        return [message async for message in messages]

    with topic.subscribe() as behind, topic.subscribe() as idle:
        call = Call(nursery, collect, idle)
        for message in "abc":
            topic.publish_nowait(message)
        await wait_all_tasks_blocked()
        topic.close()
        assert await collect(behind) == [*"abc"]
        with pytest.raises(trio.EndOfChannel):
            await behind.receive()
        assert call.result == [*"abc"]
    topic.close()


async def test_T17_12_nothing_is_published_on_a_closed_topic(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    begun_later = topic.subscribe()
    with topic.subscribe(capacity=1, overflow="wait") as full:
        topic.publish_nowait("a")
        (call,) = await publishing(nursery, topic, "b")
        topic.close()
        await wait_all_tasks_blocked()
        assert isinstance(call.result, trio.ClosedResourceError)
        assert received(full) == ["a"]
        assert full.lag == 1
    with pytest.raises(trio.ClosedResourceError):
        await topic.publish("c")
    with pytest.raises(trio.ClosedResourceError):
        topic.publish_nowait("c")
    with pytest.raises(trio.ClosedResourceError):
        topic.subscribe()
    with pytest.raises(trio.ClosedResourceError), begun_later:
        pass


async def test_T17_13_a_key_that_fails_is_its_subscriptions_error(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    def key(text: str) -> Hashable:
        return int(text)

    with (
        topic.subscribe(overflow="latest", key=key) as careless,
        topic.subscribe() as other,
    ):
        for message in "1", "two", "3":
            await topic.publish(message)
        assert await careless.receive() == "1"
        for _ in range(2):
            with pytest.raises(ValueError, match="two"):
                await careless.receive()
        assert careless.lag == 1
        assert received(other) == ["1", "two", "3"]


async def test_T17_14_a_cancelled_receive_has_taken_nothing(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with topic.subscribe() as subscription:
        topic.publish_nowait("a")
        with trio.CancelScope() as scope:
            scope.cancel()
            await subscription.receive()
        assert scope.cancelled_caught
        assert await subscription.receive() == "a"

        call = Call(nursery, subscription.receive)
        await wait_all_tasks_blocked()
        topic.publish_nowait("b")
        call.scope.cancel()
        await wait_all_tasks_blocked()
        assert [call.result, *received(subscription)] == ["b"]


async def test_T17_15_publish_and_receive_are_checkpoints(topic: Topic[str]) -> None:
    with topic.subscribe() as subscription:
        with assert_checkpoints():
            await topic.publish("a")
        with assert_checkpoints():
            await subscription.receive()
        with assert_no_checkpoints():
            topic.publish_nowait("a")
            subscription.receive_nowait()


async def test_T17_16_one_task_at_a_time_waits_in_receive(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    with topic.subscribe() as subscription:
        call = Call(nursery, subscription.receive)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await subscription.receive()
        topic.publish_nowait("a")
        await wait_all_tasks_blocked()
        assert call.result == "a"


async def test_T17_17_a_topic_belongs_to_its_run(topic: Topic[str]) -> None:
    with pytest.raises(RuntimeError):
        await trio.to_thread.run_sync(Topic[str])
    with topic.subscribe() as subscription:
        for call in (
            lambda: topic.publish_nowait("a"),
            topic.subscribe,
            topic.close,
            subscription.receive_nowait,
        ):
            with pytest.raises(WrongRun):
                await trio.to_thread.run_sync(call)
        assert received(subscription) == []


async def test_T17_18_a_supervisors_topics_end_with_it() -> None:
    async with open_supervisor() as supervisor:
        news = supervisor.topic(str, "news")
        assert news is supervisor.topic(str, "news")
        assert news is not supervisor.topic(str)
        other: object = supervisor.topic(bytes, "news")
        assert news is not other
        with news.subscribe() as subscription:
            news.publish_nowait("a")
            assert received(subscription) == ["a"]
    with pytest.raises(trio.ClosedResourceError):
        news.publish_nowait("b")
    with pytest.raises(trio.ClosedResourceError):
        supervisor.topic(int).publish_nowait(1)

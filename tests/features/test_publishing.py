"""Topics and subscriptions, beyond what is promised."""

from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Subscription, Topic, start
from exeunt.exceptions import AgentClosed


@pytest.fixture
async def topic() -> Topic[str]:
    return Topic[str]()


async def test_a_reader_that_was_overtaken_waits_on(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    got: list[str] = []

    async def receive(subscription: Subscription[str]) -> None:
        got.append(await subscription.receive())

    with topic.subscribe() as subscription:
        nursery.start_soon(receive, subscription)
        await wait_all_tasks_blocked()
        topic.publish_nowait("a")
        assert subscription.receive_nowait() == "a"
        await wait_all_tasks_blocked()
        assert got == []
        topic.publish_nowait("b")
        await wait_all_tasks_blocked()
        assert got == ["b"]


async def test_what_is_published_to_nobody_is_gone(topic: Topic[str]) -> None:
    await topic.publish("a")
    with topic.subscribe() as subscription, pytest.raises(trio.WouldBlock):
        subscription.receive_nowait()


async def test_a_reader_asleep_hears_of_a_key_that_fails(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    def key(text: str) -> Hashable:
        return [text]  # type: ignore[return-value]

    async def receive(subscription: Subscription[str]) -> None:
        with pytest.raises(TypeError, match="not hashable"):
            await subscription.receive()
        heard.set()

    heard = trio.Event()
    with topic.subscribe(overflow="latest", key=key) as subscription:
        nursery.start_soon(receive, subscription)
        await wait_all_tasks_blocked()
        topic.publish_nowait("a")
        await heard.wait()
        topic.publish_nowait("b")
        assert subscription.lag == 1


async def test_publishers_in_several_lines_give_up_and_leave_in_any_order(
    nursery: trio.Nursery, topic: Topic[str]
) -> None:
    finished: list[str] = []

    async def publish(message: str, scope: trio.CancelScope) -> None:
        with scope:
            await topic.publish(message)
        finished.append(message)

    scopes = {message: trio.CancelScope() for message in "abc"}
    with topic.subscribe(capacity=0, overflow="wait") as one:
        with topic.subscribe(capacity=0, overflow="wait") as two:
            for message, scope in scopes.items():
                nursery.start_soon(publish, message, scope)
                await wait_all_tasks_blocked()
            scopes["b"].cancel()
            await wait_all_tasks_blocked()
            assert finished == ["b"]
            assert [one.receive_nowait(), one.receive_nowait()] == ["a", "c"]
            assert two.receive_nowait() == "a"
            await wait_all_tasks_blocked()
            assert finished == ["b", "a"]
            assert one.lag == two.lag == 1
        await wait_all_tasks_blocked()
        assert finished == ["b", "a", "c"]


class Listener(Agent[str]):
    """Gets in its mailbox what is published."""

    def __init__(self, topic: Topic[str], heard: list[str]) -> None:
        self.topic = topic
        self.heard = heard

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        with self.topic.subscribe() as news:
            async with trio.open_nursery() as helpers:
                helpers.start_soon(forward, news, self.context.handle)
                yield
                helpers.cancel_scope.cancel()

    async def handle(self, message: str) -> None:
        self.heard.append(message)
        if message == "crash":
            raise ValueError


async def forward(news: Subscription[str], handle: Handle[str]) -> None:
    with suppress(AgentClosed):
        async for message in news:
            await handle.send(message)


@pytest.mark.parametrize("end", ["stop", "cancel", "crash", "close"])
async def test_an_agent_listens_until_it_leaves(end: str, topic: Topic[str]) -> None:
    heard: list[str] = []
    suppressed: Any = (
        pytest.RaisesGroup(ValueError) if end == "crash" else nullcontext()
    )
    with suppressed:
        async with trio.open_nursery() as nursery:
            listener = await start(nursery, Listener, topic, heard)
            topic.publish_nowait("a")
            await wait_all_tasks_blocked()
            if end == "crash":
                topic.publish_nowait("crash")
            elif end == "close":
                topic.close()
                await wait_all_tasks_blocked()
                listener.stop()
            else:
                getattr(listener, end)()
                topic.publish_nowait("too late")
    assert listener.closed
    assert heard[0] == "a"
    assert "too late" not in heard


@pytest.mark.parametrize("overflow", ["refuse", "spill", None, ["wait"]])
async def test_there_are_four_policies(overflow: Any, topic: Topic[str]) -> None:
    with pytest.raises(ValueError, match="overflow"):
        topic.subscribe(overflow=overflow)


@pytest.mark.parametrize(
    "options",
    [
        {"capacity": "3"},
        {"overflow": "latest"},
        {"overflow": "wait", "key": str},
    ],
)
async def test_options_of_the_wrong_kind(
    options: dict[str, Any], topic: Topic[str]
) -> None:
    with pytest.raises(TypeError):
        topic.subscribe(**options)


@pytest.mark.parametrize(
    "options",
    [{"capacity": -1}, {"capacity": 0}, {"capacity": 0, "overflow": "latest"}],
)
async def test_capacities_out_of_range(
    options: dict[str, Any], topic: Topic[str]
) -> None:
    with pytest.raises(ValueError, match="capacity"):
        topic.subscribe(**options)


def test_a_subscription_is_got_not_made() -> None:
    with pytest.raises(TypeError, match="not made"):
        Subscription()

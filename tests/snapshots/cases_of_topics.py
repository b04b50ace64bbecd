"""Errors about topics."""

import trio
from provoking import case, end_when_blocked, raised_at_once_by, raised_by
from trio.testing import wait_all_tasks_blocked

from exeunt import Subscription, Topic


@case("a topic outside a run")
async def _(nursery: trio.Nursery) -> BaseException:
    return await trio.to_thread.run_sync(raised_at_once_by, Topic)


@case("a message that is published in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    publish = Topic[str]().publish_nowait
    return await trio.to_thread.run_sync(raised_at_once_by, publish, "news")


@case("a subscription that would refuse")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Topic[str]().subscribe, overflow="refuse")


@case("a subscription that is made by hand")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Subscription)


@case("a message for which somebody lossless has no room")
async def _(nursery: trio.Nursery) -> BaseException:
    topic = Topic[str]()
    with topic.subscribe(), topic.subscribe(capacity=0, overflow="wait"):
        return raised_at_once_by(topic.publish_nowait, "news")


@case("a message that waits for room when the topic is closed")
async def _(nursery: trio.Nursery) -> BaseException:
    topic = Topic[str]()
    nursery.start_soon(end_when_blocked, topic.close)
    with topic.subscribe(capacity=0, overflow="wait"):
        return await raised_by(topic.publish, "news")


@case("a message on a topic that was closed")
async def _(nursery: trio.Nursery) -> BaseException:
    topic = Topic[str]()
    topic.close()
    return await raised_by(topic.publish, "news")


@case("a subscription to a topic that was closed")
async def _(nursery: trio.Nursery) -> BaseException:
    topic = Topic[str]()
    topic.close()
    return raised_at_once_by(topic.subscribe)


@case("a subscription that has ended")
async def _(nursery: trio.Nursery) -> BaseException:
    with Topic[str]().subscribe() as subscription:
        pass
    return await raised_by(subscription.receive)


@case("a second task that receives")
async def _(nursery: trio.Nursery) -> BaseException:
    topic = Topic[str]()
    with topic.subscribe() as subscription:
        nursery.start_soon(subscription.receive)
        await wait_all_tasks_blocked()
        error = await raised_by(subscription.receive)
        topic.publish_nowait("the end")
        await wait_all_tasks_blocked()
    return error

"""Laws of topics: order, nothing lost unless allowed, every message accounted for."""

from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Subscription, Topic
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@attrs.frozen
class Saying:
    """One message: who publishes it, when, how, and for how long."""

    number: int
    publisher: int
    after: int
    nowait: bool
    patience: int | None
    key: int


@attrs.frozen
class Listener:
    """One subscription: when it begins, how fast it receives, how much, and how."""

    number: int
    begins: int
    pace: int
    enough: int
    capacity: int
    overflow: str
    hurries: bool  # leaves without receiving what is left

    @property
    def lossless(self) -> bool:
        return self.overflow == "wait"

    def numbered(self, number: int) -> "Listener":
        capacity = self.capacity if self.lossless else max(1, self.capacity)
        return attrs.evolve(self, number=number, capacity=capacity)


@attrs.define
class Heard:
    """What came of a listener."""

    who: Listener
    begin: int  # places in the log
    end: int = -1
    messages: list[int] = attrs.field(factory=list)
    lag: int = 0


@attrs.define
class Play:
    log: list[tuple[str, int, float]] = attrs.field(factory=list)
    heard: list[Heard] = attrs.field(factory=list)

    def note(self, what: str, number: int = 0) -> None:
        self.log.append((what, number, trio.current_time()))

    def numbers(self, what: str, begin: int = 0, end: int | None = None) -> list[int]:
        return [number for kind, number, _ in self.log[begin:end] if kind == what]

    def published(self, begin: int = 0, end: int | None = None) -> list[int]:
        """Return what was published there, in order."""
        refused = {*self.numbers("refused")}
        return [n for n in self.numbers("publish", begin, end) if n not in refused]


async def perform(
    sayings: list[Saying], listeners: list[Listener], closes: int | None
) -> Play:
    play = Play()
    topic = Topic[Saying]()
    async with trio.open_nursery() as nursery:
        for listener in listeners:
            nursery.start_soon(listen, topic, listener, play)
        if closes is not None:
            nursery.start_soon(close, topic, closes, play)
        async with trio.open_nursery() as publishers:
            for publisher in {saying.publisher for saying in sayings}:
                his = [each for each in sayings if each.publisher == publisher]
                publishers.start_soon(speak, topic, his, play)
        await trio.sleep(30)
        await close(topic, 0, play)
    return play


async def close(topic: Topic[Any], at: int, play: Play) -> None:
    await trio.sleep(at)
    play.note("close")
    topic.close()


async def speak(topic: Topic[Saying], sayings: list[Saying], play: Play) -> None:
    for saying in sayings:
        await trio.sleep(saying.after)
        play.note("publish", saying.number)
        closed = play.numbers("close") != []
        try:
            if saying.nowait:
                topic.publish_nowait(saying)
            else:
                await patiently(topic, saying, play)
                continue
        except (trio.WouldBlock, trio.ClosedResourceError) as error:
            assert isinstance(error, trio.WouldBlock) or closed
            play.note("refused", saying.number)
        else:
            play.note("told", saying.number)


async def patiently(topic: Topic[Saying], saying: Saying, play: Play) -> None:
    closed = play.numbers("close") != []
    patience = float("inf") if saying.patience is None else saying.patience
    with trio.move_on_after(patience) as scope:
        try:
            await topic.publish(saying)
        except trio.ClosedResourceError:
            assert play.numbers("close")
            play.note("refused" if closed else "gave up", saying.number)
        else:
            play.note("told", saying.number)
    if scope.cancelled_caught:
        play.note("gave up", saying.number)


async def listen(topic: Topic[Saying], who: Listener, play: Play) -> None:
    await trio.sleep(who.begins)
    if play.numbers("close"):
        return
    options: dict[str, Any] = {"capacity": who.capacity, "overflow": who.overflow}
    if who.overflow == "latest":
        options["key"] = lambda saying: saying.key
    with topic.subscribe(**options) as subscription:
        heard = Heard(who, len(play.log))
        play.heard.append(heard)
        await hear(subscription, heard, play)
        if not who.hurries:
            take_the_rest(subscription, heard)
        heard.end = len(play.log)
        heard.lag = subscription.lag


async def hear(subscription: Subscription[Saying], heard: Heard, play: Play) -> None:
    async for saying in subscription:
        heard.messages.append(saying.number)
        play.note(f"received by {heard.who.number}", saying.number)
        if len(heard.messages) >= heard.who.enough:
            return
        await trio.sleep(heard.who.pace)


def take_the_rest(subscription: Subscription[Saying], heard: Heard) -> None:
    try:
        while True:
            heard.messages.append(subscription.receive_nowait().number)
    except (trio.WouldBlock, trio.EndOfChannel):
        pass


SAYINGS = st.lists(
    st.builds(
        Saying,
        number=st.just(0),
        publisher=st.integers(0, 2),
        after=st.integers(0, 1),
        nowait=st.sampled_from((False, False, True)),
        patience=st.sampled_from((None, None, 1, 3)),
        key=st.integers(0, 2),
    ),
    max_size=12,
).map(lambda them: [attrs.evolve(each, number=i) for i, each in enumerate(them)])

LISTENERS = st.lists(
    st.builds(
        Listener,
        number=st.just(0),
        begins=st.integers(0, 2),
        pace=st.integers(0, 3),
        enough=st.sampled_from((1, 2, 3, 12)),
        capacity=st.integers(0, 3),
        overflow=st.sampled_from(("wait", "drop_newest", "drop_oldest", "latest")),
        hurries=st.booleans(),
    ),
    max_size=3,
).map(lambda them: [each.numbered(i) for i, each in enumerate(them)])

SCENE: dict[str, st.SearchStrategy[Any]] = {
    "sayings": SAYINGS,
    "listeners": LISTENERS,
    "closes": st.none() | st.integers(0, 9),
    "schedule": schedules(),
}


def play_of(
    sayings: list[Saying],
    listeners: list[Listener],
    closes: int | None,
    schedule: Schedule,
) -> Play:
    return schedule.run(perform, sayings, listeners, closes)


@law("topics: one order", **SCENE)
def test_everybody_sees_a_part_of_one_order(**drawn: Any) -> None:
    play = play_of(**drawn)
    for heard in play.heard:
        published = play.published(heard.begin, heard.end)
        seen = heard.messages
        if heard.who.overflow == "latest":  # where a newer one takes an older place
            assert len({*seen}) == len(seen)
            assert {*seen} <= {*published}
            check_order_per_key(seen, drawn["sayings"])
        else:
            assert seen == [number for number in published if number in seen]


def check_order_per_key(seen: list[int], sayings: list[Saying]) -> None:
    for key in range(3):
        for publisher in range(3):
            one_way = [
                number
                for number in seen
                if (sayings[number].key, sayings[number].publisher) == (key, publisher)
            ]
            assert one_way == sorted(one_way)


@law("topics: all accounted for", **SCENE)
def test_what_was_published_was_received_or_is_in_the_lag(**drawn: Any) -> None:
    play = play_of(**drawn)
    for heard in play.heard:
        accounted = len(heard.messages) + heard.lag
        published = len(play.published(heard.begin, heard.end))
        assert accounted <= published if heard.who.hurries else accounted == published


@law("topics: lossless", **SCENE)
def test_who_is_lossless_gets_what_publishers_were_told_is_published(
    **drawn: Any,
) -> None:
    play = play_of(**drawn)
    gave_up = {*play.numbers("gave up")}
    for heard in play.heard:
        if heard.who.lossless:
            published = play.published(heard.begin, heard.end)
            missed = {*published} - {*heard.messages}
            assert missed <= gave_up or heard.who.hurries
            check_room(heard, play)


def check_room(heard: Heard, play: Play) -> None:
    """Whoever was told of a message of his: it was in the queue, or just received."""
    published = {*play.published(heard.begin, heard.end)}
    told: set[int] = set()
    for what, number, _ in play.log[heard.begin : heard.end]:
        if what == "told" and number in published:
            told.add(number)
        elif what == f"received by {heard.who.number}":
            told.discard(number)
            published.discard(number)  # which may be noted before its publisher goes on
        assert len(told) <= heard.who.capacity + 1


@law("topics: nobody held up", **SCENE)
def test_publishers_wait_for_the_lossless_alone(**drawn: Any) -> None:
    lossy = [each for each in drawn["listeners"] if not each.lossless]
    play = play_of(**{**drawn, "listeners": lossy})
    times = {n: at for what, n, at in play.log if what == "publish"}
    for what, number, at in play.log:
        assert what != "gave up"
        if what == "told":
            assert at == times[number]


@law("topics: nobody told lies", **SCENE)
def test_publishers_are_told_what_is_true(**drawn: Any) -> None:
    # Who is told that the topic was closed asserts it where that is caught.
    play = play_of(**drawn)
    number_of = play.numbers("publish")
    told = play.numbers("told") + play.numbers("gave up") + play.numbers("refused")
    assert sorted(told) == sorted(number_of) == [*range(len(drawn["sayings"]))]

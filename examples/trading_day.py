"""A trading day: two bells, agents that use each other, and a feed that breaks.

    python trading_day.py           play the day on a virtual clock, in no time
    python trading_day.py --live    play it on the real one, until 16:00 or Ctrl-C
    exeunt draw trading_day.py      draw the day

At noon the line is cut for a minute, and the feed crashes as often as it comes back:
each time later, and six times in all, which the rules allow. The traders, who use it,
leave with it and come back with it. Whenever one leaves, it sells what it has: the
book, which it uses too, is still there.
"""

import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import attrs
import trio
from trio.testing import MockClock

from exeunt import Agent, Backoff, Handle, Supervisor, open_supervisor, run

MINUTE, HOUR = 60, 3600
DAWN, OPENING, NOON, CLOSING = 9 * HOUR, 9.5 * HOUR, 12 * HOUR, 16 * HOUR
PRICES = 102, 103, 105, 103, 104, 108, 109, 105, 101, 104, 109, 112, 115, 117, 118
RULES: dict[str, Any] = {
    "strategy": "rest_for_one",
    "max_restarts": 8,
    "within": 5 * MINUTE,
    "backoff": Backoff(first=1, most=MINUTE, jitter=0),
}


class Day(logging.Handler):
    """Says what happens, and when; also what exeunt logs."""

    def __init__(self) -> None:
        super().__init__()
        self.dawn = trio.current_time()

    @property
    def now(self) -> float:
        """Seconds since midnight."""
        return DAWN + trio.current_time() - self.dawn

    def say(self, text: str) -> None:
        """Print it with the time."""
        minutes, seconds = divmod(round(self.now), MINUTE)
        print(f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}  {text}", flush=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Leave out the traceback."""
        self.say(record.getMessage())


@attrs.frozen
class Bell:
    """It rings twice a day."""


@attrs.frozen
class Order:
    """Buy so many shares, or sell them if the number is negative."""

    who: str
    shares: int
    price: int


@attrs.define
class Book(Agent[Bell | Order]):
    """Executes the orders, from the opening bell on."""

    day: Day
    closed: trio.Event
    cash: Counter[str] = attrs.field(factory=Counter[str])

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Set the bells; in the end, when the traders have sold all, add it up."""
        for hour in OPENING, CLOSING:
            self.context.timers.once(hour, Bell(), after=hour - self.day.now)
        try:
            yield
        finally:
            for who, cash in self.cash.items():
                self.day.say(f"{who} has earned {cash}")

    async def handle(self, message: Bell | Order) -> None:
        """Keep orders for later while it is too early."""
        if isinstance(message, Order):
            self.context.postpone(message)
        else:
            self.day.say("the bell: open")
            self.context.become(self.trade)

    async def trade(self, message: Bell | Order) -> None:
        """Execute orders; those that were too early come first."""
        match message:
            case Order(who, shares, price):
                self.cash[who] -= shares * price
                verb = "buys" if shares > 0 else "sells"
                self.day.say(f"{who} {verb} {abs(shares)} at {price}")
            case Bell():
                self.day.say("the bell: closed")
                self.closed.set()
            case _:
                self.unhandled(message)


@attrs.frozen
class Price:
    """What a share costs now."""

    price: int


@attrs.frozen
class Decide:
    """It is time to trade, or not to."""


@attrs.frozen
class Listen:
    """Tell me the price, now and when it changes."""

    listener: Handle[Price | Decide]


@attrs.frozen
class Change:
    """The price may have changed."""


@attrs.define
class Feed(Agent[Listen | Change]):
    """Tells the price; it knows nobody but those who came after its last crash."""

    day: Day
    listeners: list[Handle[Price | Decide]] = attrs.field(
        factory=list[Handle[Price | Decide]]
    )

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Begin, if there is a line."""
        self.price()
        self.day.say("the feed is there")
        self.context.timers.at_rate("change", Change(), period=30 * MINUTE)
        yield

    async def handle(self, message: Listen | Change) -> None:
        """Tell the price."""
        price = self.price()
        match message:
            case Listen(listener):
                self.listeners.append(listener)
                await listener.send(price)
            case Change():
                for listener in self.listeners:
                    await listener.send(price)
            case _:
                self.unhandled(message)

    def price(self) -> Price:
        """Look at the price, which needs a line."""
        if NOON <= self.day.now < NOON + MINUTE:
            raise ConnectionError("no line")
        return Price(PRICES[int((self.day.now - DAWN) / (30 * MINUTE))])


@attrs.define
class Trader(Agent[Price | Decide]):
    """Buys when the price goes its way, sells all when it does not."""

    feed: Handle[Listen | Change]
    book: Handle[Bell | Order]
    pause: float  # seconds to think
    likes: int  # 1: a price that rises, -1: one that falls
    last: int = 100
    price: int = 100
    shares: int = 0

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Listen, and keep no shares."""
        await self.feed.send(Listen(self.context.handle))
        try:
            yield
        finally:  # where cancellation does not reach, for some seconds
            await self.order(-self.shares)

    async def handle(self, message: Price | Decide) -> None:
        """Think about each price, unless a newer one comes meanwhile."""
        match message:
            case Price(price):
                self.price = price
                self.context.timers.once("decide", Decide(), after=self.pause)
            case Decide():
                change, self.last = self.price - self.last, self.price
                await self.order(10 if change * self.likes > 0 else -self.shares)
            case _:
                self.unhandled(message)

    async def order(self, shares: int) -> None:
        """Send an order, if there is anything to trade."""
        if shares:
            self.shares += shares
            await self.book.send(Order(self.context.name, shares, self.price))


async def play(supervisor: Supervisor) -> None:
    """Have everybody come, and wait for the closing bell."""
    day, closed = Day(), trio.Event()
    logging.getLogger("exeunt").addHandler(day)
    book = await supervisor.start(Book, day, closed, name="book")
    feed = await supervisor.start(
        Feed, day, name="feed", uses=[book], restart="transient"
    )
    bull, bear = partial(Trader, likes=1), partial(Trader, likes=-1)
    await supervisor.start(
        bull, feed, book, MINUTE, name="bull", uses=[feed, book], restart="transient"
    )
    await supervisor.start(  # without a word, it uses all that came before it
        bear, feed, book, 2 * MINUTE, name="bear", restart="transient"
    )
    day.say("everybody is there")
    await closed.wait()


async def play_at_once() -> None:
    """Play the day on the clock of the Trio run, and print how all have left."""
    async with open_supervisor(**RULES) as supervisor:
        await play(supervisor)
    print(*supervisor.outcomes, sep="\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--live"]:
        sys.exit(run(play, **RULES, report=sys.stdout))
    trio.run(play_at_once, clock=MockClock(autojump_threshold=0))

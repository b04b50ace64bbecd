"""Law 18: `Deadlock` is raised for a ring of waits, and for nothing else."""

from enum import Enum

import attrs
import trio
import trio.testing
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Reason, Reply, Request, start
from exeunt.exceptions import Deadlock
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


class Kind(Enum):
    ASK = "ask"
    SEND = "send to a full mailbox"


@attrs.frozen
class Go:
    """Meet the others, then wait for your friend."""


@attrs.frozen
class Ping(Request[str]):
    pass


@attrs.define
class Friend(Agent[Go | Ping]):
    number: int
    party: "Party"

    async def handle(self, message: Go | Ping) -> str:
        match message:
            case Ping():
                return "pong"
            case Go():
                await self.party.all_met.wait()
                await self.wait_for_friend()
                return "done"
            case _:
                self.unhandled(message)

    async def wait_for_friend(self) -> None:
        edge = self.party.edges[self.number]
        if edge is None:
            return
        friend, kind = edge
        try:
            if kind is Kind.ASK:
                await self.party.handles[friend].ask(Ping())
            else:
                await self.party.handles[friend].send(Ping())
        except Deadlock as deadlock:
            self.party.rings.append(frozenset(deadlock.ring))


@attrs.define
class Party:
    """Some friends that all handle a message, and only then wait for each other."""

    edges: list[tuple[int, Kind] | None]
    handles: list[Handle[Go | Ping]] = attrs.field(factory=list)
    rings: list[frozenset[str]] = attrs.field(factory=list)
    all_met: trio.Event = attrs.field(factory=trio.Event)

    async def take_place(self) -> list[frozenset[str]]:
        async with trio.open_nursery() as nursery:
            for i in range(len(self.edges)):
                friend = await start(nursery, Friend, i, self, name=str(i), capacity=1)
                self.handles.append(friend)
            for friend in self.handles:
                await friend.send(Go())
            await trio.testing.wait_all_tasks_blocked()
            for friend in self.handles:
                friend.send_nowait(Ping())  # every mailbox is full from now on
            self.all_met.set()
            await trio.testing.wait_all_tasks_blocked()
            async with trio.open_nursery() as closers:
                for friend in self.handles:
                    closers.start_soon(friend.aclose)
        return self.rings


def rings_of(edges: list[tuple[int, Kind] | None]) -> set[frozenset[str]]:
    """Find the rings of a graph in which each node has one way out at the most."""
    rings: set[frozenset[str]] = set()
    for origin in range(len(edges)):
        path, node = [origin], edges[origin]
        while node is not None and node[0] not in path:
            path.append(node[0])
            node = edges[node[0]]
        if node is not None and node[0] == origin:
            rings.add(frozenset(map(str, path)))
    return rings


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, Kind] | None]:
    size = draw(st.integers(1, 4))
    edge = st.tuples(st.integers(0, size - 1), st.sampled_from(Kind))
    return draw(st.lists(st.none() | edge, min_size=size, max_size=size))


@law("18 deadlock", edges=graphs(), schedule=schedules())
def test_deadlock_is_raised_for_each_ring_and_nothing_else(
    edges: list[tuple[int, Kind] | None], schedule: Schedule
) -> None:
    async def party() -> list[frozenset[str]]:
        return await Party(edges).take_place()

    raised = schedule.run(party)
    assert len(raised) == len({*raised})
    assert {*raised} == rings_of(edges)


class Wish(Enum):
    """What each of two friends wants of the other one's end."""

    NOTHING = "nothing"
    WAIT = "wait_closed"
    CLOSE = "aclose"


@attrs.define
class Leaver(Agent[Go]):
    """On Go, waits for the end of another agent."""

    wish: Wish
    other: list[Handle[Go]]
    deadlocks: list[Deadlock]

    async def handle(self, message: Go) -> None:
        try:
            if self.wish is Wish.WAIT:
                await self.other[0].wait_closed()
            elif self.wish is Wish.CLOSE:
                await self.other[0].aclose()
        except Deadlock as deadlock:
            self.deadlocks.append(deadlock)


@law(
    "18 deadlock of ends",
    wishes=st.tuples(st.sampled_from(Wish), st.sampled_from(Wish)),
    schedule=schedules(),
)
def test_two_that_wait_for_each_others_end(
    wishes: tuple[Wish, Wish], schedule: Schedule
) -> None:
    async def farewell() -> list[Deadlock]:
        deadlocks: list[Deadlock] = []
        others: tuple[list[Handle[Go]], ...] = ([], [])
        async with trio.open_nursery() as nursery:
            handles = [
                await start(nursery, Leaver, wish, other, deadlocks)
                for wish, other in zip(wishes, others, strict=True)
            ]
            for other, handle in zip(others, reversed(handles), strict=True):
                other.append(handle)
            for handle in handles:
                handle.send_nowait(Go())
            await trio.testing.wait_all_tasks_blocked()
            for handle in handles:
                handle.stop()
        return deadlocks

    both_wait = Wish.NOTHING not in wishes
    assert len(schedule.run(farewell)) == both_wait


@attrs.define
class Clerk(Agent[Go | Ping]):
    """Puts its reply to Ping off; on Go, asks its friend and waits."""

    friend: list[Handle[Go | Ping]]
    counter: trio.Nursery

    async def handle(self, message: Go | Ping) -> None:
        match message:
            case Ping():
                self.counter.start_soon(_reply_later, self.context.defer(message))
            case Go():
                await self.friend[0].ask(Ping())
            case _:
                self.unhandled(message)


async def _reply_later(reply: Reply[str]) -> None:
    await trio.sleep(1)
    reply.send("pong")


@law(
    "18 no ring through a deferred reply",
    orders=st.permutations([0, 1]),
    schedule=schedules(),
)
def test_a_deferred_reply_is_no_edge(orders: list[int], schedule: Schedule) -> None:
    async def office() -> bool:
        async with trio.open_nursery() as nursery:
            friends: tuple[list[Handle[Go | Ping]], ...] = ([], [])
            clerks = [await start(nursery, Clerk, f, nursery) for f in friends]
            friends[0].append(clerks[1])
            friends[1].append(clerks[0])
            for order in orders:
                clerks[order].send_nowait(Go())
                # Two that ask each other in the same instant are a ring.
                await trio.testing.wait_all_tasks_blocked()
            await trio.sleep(20)  # whatever they wait for comes after a second
            for clerk in clerks:
                clerk.stop()
        return all(
            clerk.outcome is not None and clerk.outcome.reason is Reason.STOPPED
            for clerk in clerks
        )

    assert schedule.run(office)

"""Small systems of agents, each with assertions of what holds in every order.

Nobody here shares anything but agents and Trio's primitives: what a task notes for
later, it notes in a list of its own. So nothing has to be declared with `touch`.
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

import attrs
import trio

from exeunt import Agent, Handle, Outcome, Request, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock

End = Callable[[Handle[Any]], object]
STOP: End = Handle[Any].stop
CANCEL: End = Handle[Any].cancel


@attrs.frozen
class Note:
    """The message number *number* of *sender*."""

    sender: int
    number: int


@attrs.frozen
class Question(Request[Note]):
    """A request, to be answered with the note in it."""

    note: Note


@attrs.frozen
class LinkedQuestion(Request[Note], linked=True):
    note: Note


Said = Note | Question | LinkedQuestion


class Boom(Exception):
    """What a handler raises here."""


@attrs.define
class Reader(Agent[Said]):
    """Notes what it begins to handle, and answers what it is asked."""

    begun: list[Note]
    pauses: bool = False
    crash_at: int | None = None  # the number of the message

    async def handle(self, message: Said) -> Note:
        note = message if isinstance(message, Note) else message.note
        self.begun.append(note)
        if self.pauses:
            await trio.lowlevel.checkpoint()
        if note.number == self.crash_at:
            raise Boom
        return note


def check_account(outcome: Outcome, begun: list[Note], accepted: list[Note]) -> None:
    """Each message that was accepted has met one fate, and nobody else's has."""
    ledger = outcome.ledger
    left = [*outcome.undelivered]
    assert ledger.accepted == ledger.settled == len(accepted)
    assert ledger.undelivered == len(left)
    assert ledger.handled + ledger.failed + ledger.interrupted == len(begun)
    assert sorted([*begun, *left], key=str) == sorted(accepted, key=str)


def check_order(begun: list[Note]) -> None:
    """What one sender has sent is handled in the order in which it was sent."""
    for sender in {note.sender for note in begun}:
        numbers = [note.number for note in begun if note.sender == sender]
        assert numbers == sorted(numbers)


async def told(
    senders: int, messages: int, capacity: int, end: End, pauses: bool = False
) -> tuple[Note, ...]:
    """Some tell an agent things while another ends it."""
    begun: list[Note] = []
    accepted: list[list[Note]] = [[] for _ in range(senders)]

    async def tell(sender: int) -> None:
        for number in range(messages):
            note = Note(sender, number)
            try:
                await reader.send(note)
            except AgentClosed as error:
                assert error.message is note
                return
            accepted[sender].append(note)

    async with trio.open_nursery() as nursery:
        reader = await start(nursery, Reader, begun, pauses, capacity=capacity)
        async with trio.open_nursery() as outside:
            for sender in range(senders):
                outside.start_soon(tell, sender)
            await trio.lowlevel.checkpoint()
            end(reader)
        outcome = await reader.wait_closed()
    check_account(outcome, begun, [*chain(*accepted)])
    check_order(begun)
    if outcome.reason == "stopped":
        assert not outcome.undelivered
    return tuple(begun)


async def asked(
    askers: int, asks: int, capacity: int, end: End, crash_at: int | None = None
) -> tuple[str, ...]:
    """Some ask an agent while another ends it; each ask has exactly one end."""
    begun: list[Note] = []
    ends: list[list[str]] = [[] for _ in range(askers)]

    async def ask(asker: int) -> None:
        for number in range(asks):
            note = Note(asker, number)
            try:
                assert await reader.ask(Question(note)) is note
                ends[asker].append("answered")
            except AgentClosed:
                ends[asker].append("closed")
            except AgentCrashed:
                assert number == crash_at
                ends[asker].append("crashed")

    try:
        async with trio.open_nursery() as nursery:
            reader = await start(
                nursery, Reader, begun, True, crash_at, capacity=capacity
            )
            # Whoever asks is not cancelled with the agent's nursery when it crashes.
            patience = trio.CancelScope(shield=True, deadline=trio.current_time() + 99)
            with patience:
                async with trio.open_nursery() as outside:
                    for asker in range(askers):
                        outside.start_soon(ask, asker)
                    await trio.lowlevel.checkpoint()
                    end(reader)
                outcome = await reader.wait_closed()
    except* Boom:
        pass
    assert not patience.cancelled_caught
    assert [len(each) for each in ends] == [asks] * askers
    ledger = outcome.ledger
    assert ledger.accepted == ledger.settled
    assert ledger.handled == sum(each.count("answered") for each in ends)
    check_order(begun)
    return tuple(",".join(each) for each in ends)


async def given_up(message: Callable[[Note], Request[Note]]) -> tuple[int, str]:
    """One who asks is cancelled, while another asks the same agent."""
    begun: list[Note] = []
    scope = trio.CancelScope()
    ends: list[str] = []

    async def ask() -> None:
        with scope:
            assert await reader.ask(message(Note(0, 0))) == Note(0, 0)
            ends.append("answered")

    async def ask_too() -> None:
        assert await reader.ask(Question(Note(1, 0))) == Note(1, 0)

    async with trio.open_nursery() as nursery:
        reader = await start(nursery, Reader, begun, True)
        async with trio.open_nursery() as outside:
            outside.start_soon(ask)
            outside.start_soon(ask_too)
            await trio.lowlevel.checkpoint()
            scope.cancel()
        await reader.aclose()
    outcome = await reader.wait_closed()
    ledger = outcome.ledger
    assert ledger.accepted == ledger.settled
    assert ledger.abandoned + len(begun) == ledger.accepted
    assert begun.count(Note(1, 0)) == 1
    if not ends:
        assert scope.cancelled_caught
    return len(begun), str(ledger)


@attrs.frozen
class Pass(Request[int]):
    """To be passed on so many times."""

    times: int


@attrs.define
class Passer(Agent[Pass]):
    """Asks the next one in turn."""

    next: "list[Handle[Pass]]"
    place: int

    async def handle(self, message: Pass) -> int:
        if message.times == 0:
            return 0
        onward = self.next[self.place]
        try:
            return 1 + await onward.ask(Pass(message.times - 1))
        except Deadlock:
            return 0


async def ring(agents: int, times: int) -> tuple[int, ...]:
    """Agents that ask each other in a ring never wait for ever."""
    onward: list[Handle[Pass]] = []
    answers: list[list[int]] = [[] for _ in range(agents)]

    async def ask(place: int) -> None:
        answers[place].append(await handles[place].ask(Pass(times)))

    async with trio.open_nursery() as nursery:
        handles = [await start(nursery, Passer, onward, n) for n in range(agents)]
        onward += [*handles[1:], handles[0]]
        async with trio.open_nursery() as outside:
            for place in range(agents):
                outside.start_soon(ask, place)
        for handle in handles:
            await handle.aclose()
    assert all(len(each) == 1 and each[0] <= times for each in answers)
    return tuple(each[0] for each in answers)

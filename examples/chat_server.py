"""A chat server: everybody hears everything, but nobody is waited for.

    python chat_server.py [PORT]    serve until Ctrl-C; then try: nc 127.0.0.1 8765
    python chat_server.py --demo    play a conversation with a guest who dozes off
    exeunt draw chat_server.py -- --demo    draw that conversation

The first line that a guest sends is a name, each other one is said to all. A guest who
misses lines, because too many wait for it, is told so and has to leave.
"""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import attrs
import trio
from trio.abc import Stream
from trio.testing import lockstep_stream_pair

from exeunt import Agent, Handle, Request, Subscription, Supervisor, Topic, run

BEHIND = 5  # how many lines may wait for a guest
PATIENCE = 3  # seconds in which a guest has to take a line
LONGEST = 1000  # bytes in a line


@attrs.frozen
class Enter(Request[str]):
    """I would like this name; which one do I get?"""

    name: str


@attrs.frozen
class Say:
    """This is to be heard by all."""

    line: str


@attrs.frozen
class Leave:
    """I am gone."""

    name: str


@attrs.frozen
class Close:
    """All are to go, when they have heard what was said."""


Message = Enter | Say | Leave | Close


@attrs.define
class Room(Agent[Message]):
    """Knows who is here, and publishes what is said."""

    lines: Topic[str]
    names: set[str] = attrs.field(factory=set[str])

    async def handle(self, message: Message) -> str | None:
        """Let all know."""
        match message:
            case Enter(name):
                while name in self.names:
                    name += "_"
                self.names.add(name)
                self.lines.publish_nowait(f"* {name} is here")
                return name
            case Say(line):
                self.lines.publish_nowait(line)
            case Leave(name):
                self.names.remove(name)
                self.lines.publish_nowait(f"* {name} has left")
            case Close():
                self.lines.close()
                self.context.become(self.ignore)
            case _:
                self.unhandled(message)
        return None

    async def ignore(self, _message: Message) -> str:
        """Publish nothing: nobody listens any more."""
        return ""


@attrs.define
class Guest:
    """One connection."""

    stream: Stream
    room: Handle[Message]
    name: str = ""

    async def stay(self, lines: Topic[str]) -> None:
        """Talk and listen until one of the two is over."""
        async with self.stream, trio.open_nursery() as both:
            with lines.subscribe(capacity=BEHIND) as heard:
                both.start_soon(self.talk, both.cancel_scope)
                await self.listen(heard)
                both.cancel_scope.cancel()
        if self.name:
            await self.room.send(Leave(self.name))

    async def talk(self, stay: trio.CancelScope) -> None:
        """Pass on what the guest says, until it hangs up."""
        rest = b""
        with suppress(trio.BrokenResourceError):
            while len(rest) < LONGEST and (chunk := await self.stream.receive_some()):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    await self.say(line.decode(errors="replace").strip())
        stay.cancel()

    async def say(self, line: str) -> None:
        """Pass on one line."""
        if self.name:
            await self.room.send(Say(f"{self.name}: {line}"))
        else:
            self.name = await self.room.ask(Enter(line))

    async def listen(self, heard: Subscription[str]) -> None:
        """Write what is said, unless the guest is too slow for it."""
        async for line in heard:
            if heard.lag:
                await self.write(f"* you have missed {heard.lag} lines: goodbye")
                return
            if not await self.write(line):
                return
        await self.write("* the room is closed: goodbye")

    async def write(self, line: str) -> bool:
        """Return whether the guest has taken the line."""
        with suppress(trio.BrokenResourceError), trio.move_on_after(PATIENCE):
            await self.stream.send_all(f"{line}\n".encode())
            return True
        return False


@attrs.define
class Door(Agent[Stream]):
    """Lets guests in; when it leaves, it sees them off."""

    room: Handle[Message]
    lines: Topic[str]
    guests: trio.Nursery = attrs.field(init=False)

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Have the room closed in the end, which is still there."""
        async with trio.open_nursery() as self.guests:
            yield
            await self.room.send(Close())
            self.guests.cancel_scope.deadline = trio.current_time() + PATIENCE

    async def handle(self, message: Stream) -> None:
        """Let a guest in."""
        self.guests.start_soon(Guest(message, self.room).stay, self.lines)


async def open_house(
    supervisor: Supervisor,
) -> tuple[Handle[Message], Handle[Stream]]:
    """Start the room and its door."""
    lines = Topic[str]()
    room = await supervisor.start(Room, lines, name="room")
    return room, await supervisor.start(Door, room, lines, name="door", uses=[room])


async def serve(supervisor: Supervisor, port: int) -> None:
    """Send all who come to the door."""
    _, door = await open_house(supervisor)
    [listener] = await trio.open_tcp_listeners(port, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    print(f"listening on 127.0.0.1, port {port}", flush=True)
    async with listener:
        while True:
            await door.send(await listener.accept())


@attrs.define
class Visitor:
    """A guest of the demonstration, on a wire on which nothing can wait."""

    name: str
    stream: Stream

    async def say(self, line: str) -> None:
        """Send a line."""
        await self.stream.send_all(f"{line}\n".encode())

    async def hear(self) -> None:
        """Wait for the next line, and print it."""
        line = (await self.stream.receive_some()).decode().strip()
        print(f"{self.name} hears: {line}" if line else f"{self.name} is hung up on")


async def demo(supervisor: Supervisor) -> None:
    """Have three guests, one of whom sleeps while the others talk."""
    room, door = await open_house(supervisor)
    here: list[Visitor] = []
    for name in "ann", "bob", "dora":
        ours, theirs = lockstep_stream_pair()
        await door.send(theirs)
        here.append(Visitor(name, ours))
        await here[-1].say(name)
        for visitor in here:
            await visitor.hear()
    ann, bob, dora = here
    for number in range(1, 9):
        await ann.say(f"this is line {number}")
        await ann.hear()
        await bob.hear()
    for _ in range(3):
        await dora.hear()
    for visitor in ann, bob:
        await visitor.hear()
    await room.send(Close())
    for visitor in ann, bob:
        await visitor.hear()
        await visitor.hear()


if __name__ == "__main__":
    if sys.argv[1:] == ["--demo"]:
        sys.exit(run(demo, report=sys.stdout))
    port = int(sys.argv[1]) if sys.argv[1:] else 8765
    sys.exit(run(serve, port, report=sys.stdout))

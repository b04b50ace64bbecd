"""Who appears in the tests of supervisors: agents that note how they come and go."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import trio
from troupe import Do, Doer

from exeunt import Handle


class Boom(Exception):
    """A crash."""


async def crash() -> None:
    raise Boom


class Member(Doer):
    """Notes when it comes and goes, and says goodbye to its friends."""

    def __init__(
        self,
        notes: list[str] | None = None,
        friends: tuple[Handle[Any], ...] = (),
        slow: float = 0,
    ) -> None:
        self.notes: list[str] = [] if notes is None else notes
        self.friends = friends
        self.slow = slow

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        name = self.context.name
        self.notes.append(f"+{name}")
        try:
            yield
        finally:
            for friend in self.friends:
                await friend.send(Do(self.say, f"bye, {friend.name}"))
            await trio.sleep(self.slow)
            self.notes.append(f"-{name}")

    async def say(self, word: str) -> None:
        self.notes.append(word)


def gone(notes: list[str]) -> list[str]:
    """Return who has left, in order."""
    return [note[1:] for note in notes if note[0] == "-"]


def came(notes: list[str]) -> list[str]:
    """Return who has come in, in order."""
    return [note[1:] for note in notes if note[0] == "+"]

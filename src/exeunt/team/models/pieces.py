"""Channels around the channel of an answer; they have no tasks."""

from collections.abc import Callable

import attrs
import trio

from .model import Answer, Pieces

Piece = str | Answer


@attrs.define(eq=False)
class Tapped(trio.abc.ReceiveChannel[Piece]):
    """Hand the pieces on, and show each one first to somebody else.

    Args:
        pieces: Where they come from.
        see: Is called with each of them.

    """

    pieces: Pieces
    see: Callable[[Piece], None]

    async def receive(self) -> Piece:
        """Wait for the next one."""
        piece = await self.pieces.receive()
        self.see(piece)
        return piece

    async def aclose(self) -> None:
        """Want no more of them."""
        await self.pieces.aclose()


@attrs.define(eq=False)
class Begun(trio.abc.ReceiveChannel[Piece]):
    """Hand out a piece that has been received already, and then the others.

    Args:
        first: The piece.
        others: Where the others come from.

    """

    first: Piece | None
    others: Pieces

    async def receive(self) -> Piece:
        """Wait for the next one."""
        if self.first is None:
            return await self.others.receive()
        await trio.lowlevel.checkpoint()
        piece, self.first = self.first, None
        return piece

    async def aclose(self) -> None:
        """Want no more of them."""
        self.first = None
        await self.others.aclose()

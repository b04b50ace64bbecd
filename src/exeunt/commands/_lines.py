"""A stream of bytes, cut into lines."""

LIMIT = 64 * 1024
"""How many bytes a line may have."""


class Splitter:
    """Cuts a stream of bytes into lines, in whatever pieces it comes.

    A line that is too long is cut to ``limit + 1`` bytes: enough to see that it is too
    long, and no stream can make the memory grow.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in *chunk*, without their newlines.

        As with `os.read`, an empty chunk is the end: it ends a last line that has no
        newline.
        """
        pieces = chunk.split(b"\n")
        pieces[0] = self._rest + pieces[0]
        *lines, self._rest = (piece[: self._limit + 1] for piece in pieces)
        if not chunk and self._rest:
            lines.append(self._rest)
            self._rest = b""
        return lines

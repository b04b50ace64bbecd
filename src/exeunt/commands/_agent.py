"""The agent of ``exeunt service``, and the lines that stand for its messages."""

import attrs

from .. import Agent, Request
from ._files import show
from ._lines import LIMIT


@attrs.frozen
class Set:
    """Keep this value."""

    value: int


@attrs.frozen
class Print:
    """Print the value."""


@attrs.frozen
class Get(Request[int | None]):
    """What is the value?"""


@attrs.define
class Service(Agent[Set | Print | Get]):
    """Keeps one value."""

    value: int | None = None

    async def handle(self, message: Set | Print | Get) -> int | None:
        """Keep, print or tell the value."""
        match message:
            case Set(value):
                self.value = value
            case Print():
                await show(str(self.value))
            case Get():
                return self.value
            case _:
                self.unhandled(message)
        return None


def parse(line: bytes) -> Set | Print | Get | None:
    """Return the message that *line* stands for, or None if it is to be skipped.

    Raises:
        ValueError: it stands for nothing; the text says why.
    """
    if len(line) > LIMIT:
        raise ValueError(f"it has more than {LIMIT} bytes")
    if line.lstrip().startswith(b"#"):
        return None
    try:
        words = line.decode().split()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    match words:
        case []:
            return None
        case ["set", number]:
            return Set(_whole(number))
        case ["set", *_]:
            raise ValueError("'set' wants one whole number, as in 'set 42'")
        case ["print"]:
            return Print()
        case ["get"]:
            return Get()
        case _:
            raise ValueError(
                f"{_quoted(' '.join(words))} is no command; "
                "write 'set NUMBER', 'print' or 'get'"
            )


def _whole(number: str) -> int:
    try:
        return int(number)
    except ValueError:
        raise ValueError(
            f"{_quoted(number)} is not a whole number, or too long a one"
        ) from None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 50 else f"{text[:47]}...")

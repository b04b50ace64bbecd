"""Messages, put into the words of an error."""

import re

_LONGEST = 200
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def shown(message: object) -> str:
    """Return the repr of *message*, cut to a bearable length.

    A message is the users' own, so its repr may be long, or may fail; in the middle of
    an agent's end that must not matter.
    """
    try:
        text = repr(message)
    except BaseException as error:  # noqa: ASYNC103 - tests may even skip from there
        text = f"<{type(message).__name__}, whose repr raised {type(error).__name__}>"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def told(message: object) -> str:
    """Return what `shown` does, without addresses: the same in each run."""
    return _ADDRESS.sub("", shown(message))


def complaint(error: BaseException) -> str:
    """Return the kind of *error* and the first line of what it says."""
    try:
        text = str(error).partition("\n")[0]
    except BaseException:  # noqa: ASYNC103 - likewise
        text = "(its text cannot be had)"
    text = _ADDRESS.sub("", text)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, in the plural where that is due."""
    return f"{number:,} {noun}{'s' * (number != 1)}"

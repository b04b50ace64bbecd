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


def without_addresses(text: str) -> str:
    """Return *text* without what is another one in each run."""
    return _ADDRESS.sub("", text)


def first_line(error: BaseException) -> str:
    """Return the first line of what *error* says."""
    try:
        return str(error).partition("\n")[0]
    except BaseException:  # noqa: ASYNC103 - likewise
        return "(its text cannot be had)"  # noqa: ASYNC104


def complaint(error: BaseException) -> str:
    """Return the kind of *error* and its first line, if that is not too long."""
    text = without_addresses(first_line(error))
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]}..."
    return of_its_kind(error, text)


def of_its_kind(error: BaseException, text: str) -> str:
    """Return *text* behind the kind of *error*."""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, in the plural where that is due."""
    return f"{number:,} {noun}{'s' * (number != 1)}"

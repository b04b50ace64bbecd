"""Messages, put into the words of an error."""

_LONGEST = 200


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


def counted(number: int, noun: str) -> str:
    """Return *number* and *noun*, in the plural where that is due."""
    return f"{number:,} {noun}{'s' * (number != 1)}"

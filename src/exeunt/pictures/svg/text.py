"""Text in an SVG: how wide it is, how it is cut, and how it is made harmless.

Nobody knows the reader's fonts, so that widths are those of a wide one, DejaVu Sans: in
another there is more room than needed. Nothing here asks `unicodedata`, whose tables
differ between Python versions.
"""

import re
from functools import lru_cache
from html import escape

_PLAIN = """
32404684649578273939508432363234646464646464646464643434848484539968697077635877752929
66568675796079696361736899696169393439845050616355636235636328285828976361636341523963
598259595264346484"""
_WIDTHS = [int(width) for width in re.findall(r"\d\d", _PLAIN)]
_NARROWEST_WIDE = 0x2E80  # from here on: East Asian letters, emoji
_BOLD = 1.13

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "·")
_DIRECTIONS = (*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HARMLESS = _CONTROLS | dict.fromkeys(_DIRECTIONS, "") | {9: " ", 10: " ", 13: " "}
_FIELD = re.compile(r"(?<=[(\s])\w+=")
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff\u2028\u2029]")


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Text in one line that any XML reader takes and that turns nothing around it."""
    return _NO_XML.sub("\ufffd", text.translate(_HARMLESS)).strip()


def safe(text: str) -> str:
    """Clean text for use between tags or in an attribute."""
    return escape(clean(text))


@lru_cache(maxsize=4096)
def width(text: str, size: float = 11, *, bold: bool = False) -> float:
    """How wide text is at most, in pixels."""
    total = 0
    for letter in text:
        code = ord(letter) - 32
        if 0 <= code < len(_WIDTHS):
            total += _WIDTHS[code]
        else:
            total += 100 if code >= _NARROWEST_WIDE else 66
    return total * size / 100 * (_BOLD if bold else 1)


def cut(text: str, room: float, size: float = 11, *, bold: bool = False) -> str:
    """As much of a text as there is room for; "" if that says nothing."""
    text = clean(text)
    if width(text, size, bold=bold) <= room:
        return text
    kept = text[: int(room / size * 4) + 1]
    while kept and width(kept + "…", size, bold=bold) > room:
        kept = kept[:-1]
    kept = kept.rstrip()
    return kept + "…" if len(kept) > 1 else ""


def brief(text: str, room: float) -> str:
    """A message, without the names of its fields if those need too much room."""
    text = clean(text)
    if width(text) > room:
        text = _FIELD.sub("", text)
    return cut(text, room)


def wrap(text: str, room: float, size: float = 11, *, lines: int = 3) -> list[str]:
    """Lines that fit into the room, the last one cut if there are too many."""
    made = [""]
    for word in clean(text).split(" "):
        longer = f"{made[-1]} {word}".strip()
        if width(longer, size) <= room or not made[-1]:
            made[-1] = longer
        else:
            made.append(word)
    if len(made) > lines:
        made[lines - 1 :] = [" ".join(made[lines - 1 :])]
    return [cut(line, room, size) for line in made]

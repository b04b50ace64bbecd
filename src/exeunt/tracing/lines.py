"""A recording as text: JSON Lines, a header and then one event a line.

The first line says what the file is. Each of the others is an event, its name first and
then its fields in the order of its class; what has its default, and None, is left out.
The same events give the same text: ASCII, so that no encoding and no editor breaks it.

A program that dies while it writes leaves half a line behind. So the last line may be
broken: the events before it are loaded, and the header says that it was ``cut``.
Anything else that is wrong is an error that names the line.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, cast, get_args, get_origin

import attrs

from .._model.events import EVENTS, Event
from .._model.words import shown
from ..exceptions import BadRecording

FORMAT = 1
"""Written into each header; raised when older readers would misunderstand."""

_NAMES = {kind: name for name, kind in EVENTS.items()}
_NEWER = "If a newer exeunt has written this, upgrade exeunt"
_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    NoneType: "null",
}
_LARGEST = sys.float_info.max


@attrs.frozen(kw_only=True)
class Header:
    """What is known of a recording as a whole."""

    title: str = ""
    """What it is called."""
    clock: Literal["virtual", "real"] = "virtual"
    """Whether its seconds were those of the world outside."""
    began: str | None = None
    """When, as ISO 8601 has it; only where the clock was a real one."""
    error: str | None = None
    """What came out of the program, if something did."""
    lost: bool = False
    """Whether there was more at the beginning than the recorder could hold."""
    cut: bool = False
    """Whether the text ended in the middle of a line."""
    sources: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """The texts of the files that the events name, by their paths."""


def to_lines(header: Header, events: Iterable[Event]) -> Iterator[str]:
    """Give the lines of a recording, each with its line break.

    Values of context variables for which JSON has no words are given as their repr.

    Args:
        header: what is known of the recording as a whole.
        events: in the order of their `seq`.

    Raises:
        ValueError: a number of an event is infinite, or is none.
    """
    yield _line({"exeunt": FORMAT, **_fields(header)})
    for event in events:
        yield _line({"event": _NAMES[type(event)], **_fields(event)})


def from_lines(lines: Iterable[str]) -> tuple[Header, list[Event]]:
    """Read a recording from its lines, with or without their line breaks.

    If the last line is no JSON, as after a crash, it is left out and the header says
    that the recording was ``cut``.

    Args:
        lines: such as an open file, or ``text.splitlines()``. Empty ones do not count.

    Returns:
        The header, and the events in their order.

    Raises:
        BadRecording: this is no recording, or a line of it is damaged, or a newer
            version of exeunt has written it.
    """
    numbered = enumerate((line.strip("\ufeff \t\r\n") for line in lines), 1)
    full = [(number, line) for number, line in numbered if line]
    if not full:
        raise BadRecording(
            "this is empty, and no recording; has the program ended that writes it?"
        )
    header = _header(*full[0])
    events: list[Event] = []
    for number, line in full[1:]:
        data = _parsed(number, line)
        if data is not None:
            events.append(_event(number, data, events))
        elif number == full[-1][0]:
            header = attrs.evolve(header, cut=True)
        else:
            _blame(number, f"this is no JSON: {_start(line)}. Remove the line")
    return header, events


def _line(data: Mapping[str, object]) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n"


def _fields(thing: Event | Header) -> dict[str, object]:
    """What has to be said of a thing."""
    fields: dict[str, object] = {}
    for field in attrs.fields(type(thing)):
        value = getattr(thing, field.name)
        if field.name == "context":
            value = {name: _known(it) for name, it in value.items()}
        # Whatever may be None has no other default, so that it may be missing, too.
        if value not in (None, {}) and value != field.default:
            fields[field.name] = value
    return fields


def _known(value: object) -> object:
    """The same, or its repr if JSON does not know it."""
    known = value is None or type(value) in {str, bool} or _is_finite(value)
    return value if known else shown(value)


def _is_finite(value: object) -> bool:
    return type(value) in {int, float} and -_LARGEST <= cast("float", value) <= _LARGEST


def _parsed(number: int, line: str) -> dict[str, object] | None:
    """What a line says; None if it is no JSON, and nothing if it is no object."""
    try:
        data = json.loads(line)
    except json.JSONDecodeError:
        return None
    except (ValueError, RecursionError) as error:
        _blame(number, f"this is more than can be read ({error}). Remove the line")
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _header(number: int, line: str) -> Header:
    data = _parsed(number, line) or {}
    version = data.pop("exeunt", None)
    if type(version) is not int or version < 1:
        _blame(
            number,
            f'a recording begins with a header such as {{"exeunt":{FORMAT}}}, but this '
            f"with {_start(line)}. Is it the right file, and its beginning?",
        )
    if version > FORMAT:
        _blame(
            number,
            f"a newer exeunt has written this, in format {version}; this one reads "
            f"format {FORMAT}. Upgrade exeunt",
        )
    return Header(**_checked(number, data, Header, "the header"))


def _event(number: int, data: dict[str, object], before: list[Event]) -> Event:
    name = data.pop("event", None)
    if not isinstance(name, str):
        _blame(number, 'this is no event, such as {"event":"Noted",...}; remove it')
    if name not in EVENTS:
        close = get_close_matches(name, EVENTS, 1)
        hint = f"; did you mean {close[0]}?" if close else ", nor one like it."
        _blame(number, f"there is no event {shown(name)}{hint} {_NEWER}")
    event = EVENTS[name](**_checked(number, data, EVENTS[name], name))
    if before and event.seq <= before[-1].seq:
        _blame(
            number,
            f"seq is {event.seq} and was {before[-1].seq} before: events stand in the "
            "order of seq. Two recordings belong into two files",
        )
    return event


def _checked(
    number: int, data: dict[str, object], kind: type[Event | Header], name: str
) -> dict[str, Any]:
    """The fields of a thing, each of its type."""
    fields = {field.name: field for field in attrs.fields(kind)}
    for key in data:
        if key not in fields:
            _blame(number, f"{name} has no field {shown(key)}. {_NEWER}")
    values: dict[str, object] = {}
    for key, field in fields.items():
        if key in data or field.default is attrs.NOTHING:
            try:
                values[key] = _made(data.get(key), field.type)
            except TypeError:
                said = shown(data[key]) if key in data else "missing"
                wanted = _wanted(field.type)
                _blame(number, f"{key} of {name} is {said}, and should be {wanted}")
    return values


def _made(value: object, wanted: Any) -> object:
    """Return *value* as what is wanted; raise `TypeError` if it is something else."""
    origin, choices = get_origin(wanted), get_args(wanted)
    if wanted is float and _is_finite(value):
        return float(cast("float", value))
    if wanted is object or (type(value) is wanted and wanted is not float):
        return value
    if origin is Literal and isinstance(value, str) and value in choices:
        return value
    if origin is Mapping and isinstance(value, dict):
        values = cast("dict[str, object]", value)
        return {key: _made(one, choices[1]) for key, one in values.items()}
    if origin is UnionType:
        for one in choices:
            with suppress(TypeError):
                return _made(value, one)
    raise TypeError


def _wanted(wanted: Any) -> str:
    origin, choices = get_origin(wanted), get_args(wanted)
    if origin is UnionType:
        return " or ".join(map(_wanted, choices))
    if origin is Literal:
        return " or ".join(map(repr, choices))
    return "an object" if origin is Mapping else _WORDS[wanted]


def _start(line: str) -> str:
    return repr(line if len(line) <= 40 else f"{line[:37]}...")


def _blame(number: int, text: str) -> NoReturn:
    raise BadRecording(f"{text}{'' if text.endswith('?') else '.'}", line=number)

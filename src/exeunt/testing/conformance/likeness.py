"""Whether two values look the same, as far as anybody can tell."""

from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any

import attrs

_IDENTITY: object = object.__eq__


def copied(value: object) -> Any:
    """Return a copy of *value*, or itself if it cannot be copied."""
    try:
        return deepcopy(value)
    except Exception:
        return value


def alike(one: Any, other: Any) -> bool:
    """Return whether both look the same; what cannot be compared does."""
    kind: Any = one.__class__
    if one is other or kind is not other.__class__:
        return one is other
    if issubclass(kind, BaseException):
        return alike(one.args, other.args)
    if kind in {list, tuple}:
        return len(one) == len(other) and all(map(alike, one, other))
    if kind is dict:
        return one.keys() == other.keys() and all(alike(one[k], other[k]) for k in one)
    if kind.__eq__ is not _IDENTITY and not _names(kind):
        return bool(one == other)
    names = _names(kind) or [*getattr(one, "__dict__", ())]
    pairs = ((getattr(one, n, None), getattr(other, n, None)) for n in names)
    return all(alike(*pair) for pair in pairs)


def _names(kind: Any) -> list[str]:
    """Return the fields of a class that has declared them."""
    if attrs.has(kind):
        return [field.name for field in attrs.fields(kind)]
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []

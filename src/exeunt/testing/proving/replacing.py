"""Put something else in the place of a class's attribute, and put it back."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

_NONE = object()


@contextmanager
def replaced(owner: Any, name: str, new: object) -> Generator[None]:
    """Have *new* in the place of an attribute of *owner*, for the time of the block."""
    kept: dict[str, object] = {**vars(owner)}
    own = kept.get(name, _NONE)
    setattr(owner, name, new)
    try:
        yield
    finally:
        if own is _NONE:
            delattr(owner, name)
        else:
            setattr(owner, name, own)

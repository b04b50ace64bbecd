"""What the rest of the house may do with the inside of a handle."""

# pyright: reportPrivateUsage=false

from typing import Any

from .._model.words import shown
from .handle import Handle
from .life import Life


def life_of(handle: object, what: str) -> Life:
    """Return the life that *handle* leads to; *what* says what it was given as."""
    if not isinstance(handle, Handle):
        raise TypeError(f"{what} is a Handle, not {shown(handle)}")
    return handle._life


def leads_to(handle: Handle[Any], life: Life) -> bool:
    """Return whether *handle* leads to this life."""
    return handle._life is life


def redirect(handle: Handle[Any], life: Life) -> None:
    """Let *handle* lead to another life."""
    life.handle = handle
    handle._life = life

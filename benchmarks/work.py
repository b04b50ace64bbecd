"""What the worker processes are given to do. It imports nothing that is slow."""

import ctypes
import os
from pathlib import Path


def nothing() -> None:
    """Return at once: what is measured is the way there and back."""


def count_to(number: int) -> int:
    total = 0
    for each in range(number):
        total += each
    return total


def measure_bytes(data: bytes) -> int:
    return len(data)


def stay(sign: str) -> None:
    """Say who has begun, and never end."""
    Path(sign).write_text(str(os.getpid()), encoding="ascii")
    while True:
        pass


def leave() -> None:
    os._exit(3)


def crash() -> None:
    ctypes.string_at(0)


def fail() -> None:
    raise LookupError("not there")

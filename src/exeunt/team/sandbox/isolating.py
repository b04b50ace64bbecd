"""How the warden is started where code can be shut in, and where it is not."""

import os
import shutil
import sys
from pathlib import Path

import attrs

WARDEN = Path(__file__).with_name("warden.py")
# Not -I: it would ignore PYTHONHASHSEED, which keeps the order of sets the same.
FLAGS = ["-s", "-P", "-S", "-B", "-u"]
NAMESPACES = [
    "--mount",
    "--net",
    "--pid",
    "--ipc",
    "--uts",
    "--fork",
    "--kill-child",
]
DO_WITHOUT = (
    "To run generated code as the user who asks, with limits alone, "
    'ask for it: Sandbox(isolation="none").'
)


class CannotIsolate(RuntimeError):
    """Generated code is not run here, because it cannot be shut in."""

    def __init__(self, why: str) -> None:
        super().__init__(f"generated code cannot be shut in here: {why}. {DO_WITHOUT}")


@attrs.frozen
class Way:
    """One way to run the warden.

    Attributes:
        command: Its command line.
        isolated: Whether it shuts the tested code in.

    """

    command: tuple[str, ...]
    isolated: bool


def open_way(python: str) -> Way:
    """Return the way that shuts nothing in."""
    return Way((python, *FLAGS, str(WARDEN)), isolated=False)


def isolated_way(python: str) -> Way:
    """Return the way that shuts code in.

    Root can become somebody who owns nothing. Others can be nobody else, and need a
    namespace of users for all the rest.

    Raises:
        CannotIsolate: There is none.

    """
    if sys.platform != "linux":
        raise CannotIsolate(f"only Linux has namespaces, and this is {sys.platform}")
    unshare = shutil.which("unshare")
    if unshare is None:
        raise CannotIsolate("there is no program 'unshare' (it comes with util-linux)")
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = unshare, *users, *NAMESPACES, *open_way(python).command
    return Way(command, isolated=True)

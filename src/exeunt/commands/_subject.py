"""What is to be shown: a program, an async function, or a recording."""

import argparse
import inspect
import runpy
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from types import TracebackType
from typing import Any

import attrs
import trio

from .._core.failures import leaves
from ..exceptions import BadRecording
from ..tracing import Recording
from ._loading import Unusable, async_function
from ._runs import Runs

WHAT = """\
WHAT is one of these:
  PROGRAM.py       a program: it runs as it always does, with the arguments after
                   '--', and every trio.run of it is recorded
  FILE.py:NAME     an async function without arguments in a file ('FILE.py NAME' says
                   the same); it runs in virtual time, under seed 0
  RUN.jsonl        a recording, as 'exeunt draw PROGRAM.py -o RUN.jsonl' saves it
"""
_INTERRUPTED = 128 + SIGINT


@attrs.frozen
class Shown:
    """What there is to show.

    Attributes:
        stem: what a file about it is called, without its ending.
        recordings: one for each run.
        status: the exit status of the program.
        left_out: how many runs were not recorded.
    """

    stem: str
    recordings: tuple[Recording, ...]
    status: int = 0
    left_out: int = 0


def set_up_subject(parser: argparse.ArgumentParser) -> None:
    """Say how a subject is named on the command line."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = f"{parser.prog} WHAT [NAME] [options] [-- ARGUMENTS]"
    parser.add_argument("what", metavar="WHAT", help="see below")
    parser.add_argument("name", metavar="NAME", nargs="?", help="a function in it")
    parser.add_argument(
        "--virtual",
        action="store_true",
        help="time jumps when all tasks wait, so that nobody waits for a sleep",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="the same order of steps each time, in virtual time; for a program that "
        "leaves nothing else to chance, the same run",
    )


def look_at(options: argparse.Namespace) -> Shown:
    """Run what is to be shown, or read it.

    Raises:
        Unusable: it cannot be had.
    """
    path, name = _named(options.what, options.name)
    if path.suffix == ".py":
        return _run(path, name, options)
    if name is not None or options.arguments:
        raise Unusable(f"{path} is no Python file (*.py), so it takes nothing besides")
    return Shown(path.stem, (_read(path),))


def _named(what: str, name: str | None) -> tuple[Path, str | None]:
    file, _, inside = what.rpartition(":")
    if not file.endswith(".py"):
        return Path(what), name
    if name is not None:
        raise Unusable(f"{what} names one function, and {name!r} another")
    return Path(file), inside


def _read(path: Path) -> Recording:
    try:
        return Recording.load(path)
    except BadRecording as error:
        raise Unusable(
            f"{path} is no Python file (*.py), and cannot be read as a recording: "
            f"{error}"
        ) from None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None


def _run(path: Path, name: str | None, options: argparse.Namespace) -> Shown:
    title, stem = path.name, path.stem
    seed, virtual = options.seed, options.virtual or options.seed is not None
    if name is None:
        program = _program(path, options.arguments)
    elif options.arguments:
        raise Unusable(f"{name} is to be run without arguments")
    else:
        program, title, stem = _function(path, name), name, f"{stem}-{name}"
        seed, virtual = seed or 0, True
    runs = Runs(virtual=virtual, seed=seed)
    with runs.recorded():
        status = _status_of(program)
    titled = tuple(_titled(runs.recordings, title))
    if not titled and not status:
        raise Unusable(f"{path} has run no Trio: it has not called trio.run()")
    return Shown(stem, titled, status, runs.left_out)


def _titled(recordings: list[Recording], title: str) -> Generator[Recording]:
    for number, each in enumerate(recordings, 1):
        which = f", run {number} of {len(recordings)}" if len(recordings) > 1 else ""
        header = attrs.evolve(each.header, title=title + which)
        yield attrs.evolve(each, header=header)


def _function(path: Path, name: str) -> Callable[[], object]:
    function: Any = async_function(path, name)
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise Unusable(
            f"{name} takes arguments; write an async function without any that calls it"
        ) from None
    return lambda: trio.run(function)


def _program(path: Path, arguments: list[str]) -> Callable[[], object]:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None

    def run() -> None:
        with _as_a_program(path, arguments):
            runpy.run_path(str(path.absolute()), run_name="__main__")

    return run


@contextmanager
def _as_a_program(path: Path, arguments: list[str]) -> Generator[None]:
    """Have the program find its arguments and its modules."""
    argv, places = sys.argv, sys.path
    sys.argv = [str(path), *arguments]
    sys.path = [str(path.absolute().parent), *places]
    try:
        yield
    finally:
        sys.argv, sys.path = argv, places


def _status_of(program: Callable[[], object]) -> int:
    """Run a program, and return its exit status, having shown what Python shows."""
    try:
        program()
    except BaseException as raised:  # noqa: ASYNC103 - no async code is left by it
        error = raised
    else:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    if all(isinstance(each, KeyboardInterrupt) for each in leaves(error)):
        return _INTERRUPTED
    error.__traceback__ = _below(error.__traceback__)
    sys.excepthook(type(error), error, error.__traceback__)
    return 1


def _below(traceback: TracebackType | None) -> TracebackType | None:
    """Leave out the frames that have led to the program."""
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if module != "runpy" and not module.startswith(f"{__package__}."):
            return traceback
        traceback = traceback.tb_next
    return None

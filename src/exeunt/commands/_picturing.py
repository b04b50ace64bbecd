"""The option ``--picture`` of commands that run something of their own."""

import argparse
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ._runs import Runs
from ._target import Target


def set_up_picture(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the option ``--picture``, which draws *what*."""
    parser.add_argument(
        "--picture",
        metavar="FILE",
        type=Path,
        help=f"draw {what} into FILE, such as run.svg; see 'exeunt draw --help'",
    )


@contextmanager
def pictured(path: Path | None, title: str) -> Generator[None]:
    """Draw the run in the block into the file at *path*, if there is one.

    Raises:
        Unusable: the file cannot be written; before the block, if that can be known.
    """
    if path is None:
        yield
        return
    target, runs = Target.checked(path), Runs()
    try:
        with runs.recorded():
            yield
    finally:
        titled = [
            attrs.evolve(each, header=attrs.evolve(each.header, title=title))
            for each in runs.recordings
        ]
        target.write(titled)

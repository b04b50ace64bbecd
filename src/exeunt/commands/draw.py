"""``exeunt draw``: a run as a picture, or as something else to look at."""

import argparse
import sys
from contextlib import chdir
from pathlib import Path

from ._loading import Unusable
from ._subject import WHAT, Shown, look_at, set_up_subject
from ._target import ENDINGS, Target, summary

SUMMARY: str = "run a Trio program, or read a recording, and draw what happens"

_UNUSABLE = 2
_DETAILS = f"""\
{WHAT}
A program need not know of it, nor use exeunt. If it fails, or Ctrl-C ends it, what
there was is drawn all the same. Of several runs each gets a file, with a number.

The ending of the file says what it becomes:
{ENDINGS}

exit status:
  0    it was drawn
  2    wrong usage, WHAT could not be used, or the file could not be written
  130  interrupted by Ctrl-C
  For a program, its own; 1 if it raised an exception.
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt draw`` mean."""
    parser.description = f"{SUMMARY[0].upper()}{SUMMARY[1:]}."
    parser.epilog = _DETAILS
    set_up_subject(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where to draw it; WHAT.svg in the current folder if not given",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    try:
        target = None if options.output is None else Target.checked(options.output)
        with chdir("."):  # and back, wherever the program goes
            shown = look_at(options)
        target = target or Target.checked(Path(f"{shown.stem}.svg"))
        _report(shown, target.write(shown.recordings))
    except Unusable as error:
        print(f"exeunt draw: {error}", file=sys.stderr)
        return _UNUSABLE
    return shown.status


def _report(shown: Shown, paths: list[Path]) -> None:
    """Say what there was to see; where the program prints, only the program does."""
    sys.stdout.flush()
    for recording, path in zip(shown.recordings, paths, strict=True):
        print(f"{summary(recording)}\n  Drawn in {path}.", file=sys.stderr)
    if shown.left_out:
        print(f"There were {shown.left_out} more runs.", file=sys.stderr)
    if not paths:
        print("There was no trio.run() to draw.", file=sys.stderr)

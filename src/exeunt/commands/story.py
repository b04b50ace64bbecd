"""``exeunt story``: a run in words."""

import argparse
import sys

from ._loading import Unusable
from ._subject import WHAT, look_at, set_up_subject

SUMMARY: str = "run a Trio program, or read a recording, and tell what happens"

_UNUSABLE = 2
_DETAILS = f"""\
{WHAT}
A program need not know of it, nor use exeunt. The story is told after its end, be it a
failure or Ctrl-C.

exit status:
  0    it was told
  2    wrong usage, or WHAT could not be used
  130  interrupted by Ctrl-C
  For a program, its own; 1 if it raised an exception.
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt story`` mean."""
    parser.description = f"{SUMMARY[0].upper()}{SUMMARY[1:]}."
    parser.epilog = _DETAILS
    set_up_subject(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    try:
        shown = look_at(options)
    except Unusable as error:
        print(f"exeunt story: {error}", file=sys.stderr)
        return _UNUSABLE
    print("\n".join(each.story() for each in shown.recordings), end="")
    return shown.status

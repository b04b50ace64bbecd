"""``exeunt team``: a brief goes in, a package with passing tests comes out."""

import argparse
import sys
from importlib import resources
from pathlib import Path

import trio

from ..exceptions import AgentClosed
from ._crew import CannotWork, Crew
from ._loading import Unusable
from ._money import DOLLARS, TOKENS
from ._picturing import pictured, set_up_picture

SUMMARY: str = "have a small Python package built by a team of model workers"

_DELIVERED, _NOT_DELIVERED, _UNUSABLE = 0, 1, 2
_DETAILS = """\
A brief is Markdown: a title, what it is for, and for each function a heading with its
signature, a few sentences, and examples as doctests; see examples/briefs.

A bug report is one more example in the brief: --mend FOLDER keeps of the package that
is there what still does all that the brief says, and builds the rest anew.

Without an endpoint there are two ways: --demo replays what a real small model once
answered to a brief that comes along, and needs no network. --local NAME serves such a
model on this machine; see 'exeunt model list'.

What generated code may do is walled in: no network, no files, no other processes.
Where that is not possible it is not run, unless --no-isolation is given. The demo's
code is known, and is run all the same; it says so.

exit status:
  0    the package is there, and every example of the brief holds
  1    it is not, or not all of it; what is missing and why is said
  2    wrong usage, no such file, no such model, a wrong key
  130  interrupted by Ctrl-C
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt team`` mean."""
    parser.description = f"{SUMMARY.capitalize()}."
    parser.epilog = _DETAILS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("brief", metavar="BRIEF.md", nargs="?", type=Path, help="what is wanted")
    add("--demo", action="store_true", help="replay a recorded run of a real model")
    add("--url", help="the endpoint, as in https://api.openai.com/v1")
    add("--model", action="append", help="whom to ask; again for a larger one")
    add("--local", metavar="NAME", help="serve this model here, and ask it")
    add(
        "--key-env",
        metavar="NAME",
        default="OPENAI_API_KEY",
        help="the variable that has the key; %(default)s if not given",
    )
    add("--key-file", metavar="FILE", type=Path, help="the file that has the key")
    add(
        "--price",
        nargs=2,
        action="append",
        default=[],
        metavar=("PROMPT", "ANSWER"),
        help="dollars for a million tokens; for each model, or once for all",
    )
    add(
        "--budget",
        metavar="AMOUNT",
        help=f"what may be spent: tokens, {TOKENS} if not given; with --price dollars, "
        f"{DOLLARS} if not given",
    )
    add("--out", metavar="FOLDER", type=Path, help="where the package is put")
    add(
        "--mend",
        metavar="FOLDER",
        type=Path,
        help="a package that is there: what still does what the brief says stays",
    )
    add("--journal", metavar="FILE", type=Path, help="keep it, and go on from it")
    add("--tape", metavar="FILE", type=Path, help="answer from what was recorded")
    add("--record", action="store_true", help="record to the tape what is asked")
    add(
        "--width",
        type=int,
        default=1,
        help="drafts of a function at once; a tape is replayed as it was recorded "
        "only with 1",
    )
    add(
        "--no-isolation",
        action="store_true",
        help="run generated code even where it cannot be walled in",
    )
    set_up_picture(parser, "who asked whom for what, and when,")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    crew = Crew(options)
    try:
        if options.demo:
            with resources.as_file(resources.files("exeunt.team") / "demo") as folder:
                crew.play_demo(folder)
                return _run(crew, options)
        return _run(crew, options)
    except (CannotWork, Unusable) as error:
        print(f"exeunt team: {error}", file=sys.stderr)
        return _UNUSABLE


def _run(crew: Crew, options: argparse.Namespace) -> int:
    try:
        with pictured(options.picture, f"exeunt team {crew.brief_path.name}"):
            delivered: bool = trio.run(crew.work)
    except BaseExceptionGroup as group:
        # Whoever had asked an agent that was interrupted says so as well.
        pressed, others = group.split((KeyboardInterrupt, AgentClosed))
        if others or not pressed or not pressed.subgroup(KeyboardInterrupt):
            raise
        print("Interrupted. What is in a --journal is not asked for again.")
        raise KeyboardInterrupt from None
    return _DELIVERED if delivered else _NOT_DELIVERED

"""Bugs in the way from an agent to its threads."""

from bugs import Bug

from exeunt._core import threads

BUGS = [
    Bug(
        "an agent's threads use the limiter of everybody",
        "threads: one at a time",
        threads.run_in_thread,
        "limiter=limiter_of(life)",
        "limiter=None",
    ),
    Bug(
        "each thread gets a limiter of its own",
        "threads: one at a time",
        threads.limiter_of,
        "if life.limiter is None:",
        "if True:",
    ),
    Bug(
        "a cancelled agent leaves its function behind unasked",
        "threads: nobody leaves before an unabandoned function",
        threads.run_in_thread,
        "abandon_on_cancel=abandon_on_cancel",
        "abandon_on_cancel=True",
    ),
]

"""Runs generated code, shut in, and judges it from outside.

What a worker says about its code is a claim; what this folder returns is a fact. Three
processes take part. The *host*, which is the program that judges: it holds the wanted
values and compares. The *warden*, which shuts the tested code in and ends with it. And
the tested code, which is asked for values and never learns what is wanted.
"""

from .isolating import CannotIsolate
from .judging import Sandbox
from .limits import Limits
from .program import Check, Program, Report, Verdict

__all__ = [
    "CannotIsolate",
    "Check",
    "Limits",
    "Program",
    "Report",
    "Sandbox",
    "Verdict",
]

"""Structured actors for Trio: they all leave when the scene closes."""

# How the house is built, from the ground up; imports only go down:
#
#   _model/        data and decisions, pure: no Trio, no clock, no I/O
#   pictures/      what happened, as a picture, a story, a player: pure as well
#   exceptions.py  every error
#   _core/         one agent on Trio
#   registry.py    names for agents
#   topics/        messages for everybody who listens
#   consulting.py  one question to several agents
#   processes.py   work for worker processes, an extra
#   stalls/        who waits for what, and a watchdog
#   supervision/   agents that depend on each other: order, restarts, leaving
#   pools/         several equal agents behind one handle
#   application.py a program of agents: signals, a report, an exit status
#   tracing/       what happens, recorded
#   telemetry/     and told to the tools that watch programs, extras
#   testing/       for users' tests: schedules that are drawn
#   team/          an application: a product team of language models, an extra
#   commands/      the command line
#
# This file gives the names that most users need; errors are in exeunt.exceptions.

from ._core.agent import Agent
from ._core.ask import Reply
from ._core.context import Context
from ._core.handle import Handle
from ._core.start import start, start_soon
from ._core.timers import Timers
from ._model.lifecycle import Reason, State
from ._model.outcome import Fate, Ledger, Outcome, Statistics
from ._model.request import Request
from ._model.restarts import Backoff
from .application import run
from .consulting import first_valid, hedge, quorum
from .pools.pool import Pool
from .registry import Key, Registry
from .supervision.group import Group
from .supervision.opening import open_supervisor
from .supervision.supervisor import Supervisor
from .topics.subscription import Subscription
from .topics.topic import Topic

__all__ = [
    "Agent",
    "Backoff",
    "Context",
    "Fate",
    "Group",
    "Handle",
    "Key",
    "Ledger",
    "Outcome",
    "Pool",
    "Reason",
    "Registry",
    "Reply",
    "Request",
    "State",
    "Statistics",
    "Subscription",
    "Supervisor",
    "Timers",
    "Topic",
    "first_valid",
    "hedge",
    "open_supervisor",
    "quorum",
    "run",
    "start",
    "start_soon",
]

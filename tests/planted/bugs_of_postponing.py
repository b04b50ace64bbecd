"""Bugs in postponing, and the law that has to find them."""

from bugs import Bug

from exeunt._core import ask, lane, runner

_LAW = "postponing: order and conservation"

BUGS = [
    Bug(
        "what was postponed comes back in the wrong order",
        _LAW,
        lane.Lane.replay,
        "reversed(self.postponed)",
        "self.postponed",
    ),
    Bug(
        "what was postponed comes back behind what came back before",
        _LAW,
        lane.Lane.replay,
        "self.returned.extendleft(reversed(self.postponed))",
        "self.returned.extend(self.postponed)",
        rare=True,
    ),
    Bug(
        "what is postponed at the end is forgotten",
        _LAW,
        lane.Lane.clear,
        "left = [*self.postponed, *in_hand, *self.returned]",
        "left = [*in_hand, *self.returned]",
    ),
    Bug(
        "a turn that is cut short has the next message postponed",
        _LAW,
        runner._reply,
        "life.lane.postponing = False",
        "pass",
    ),
    Bug(
        "a postponed request is answered with None",
        _LAW,
        runner._reply,
        "if life.lane is not None and life.lane.postponing:",
        "if False:",
    ),
    Bug(
        "a postponed request is handled although its asker left in its turn",
        _LAW,
        ask.Ask.postpone,
        "Stage.ABANDONED if gone else Stage.QUEUED",
        "Stage.QUEUED",
    ),
    Bug(
        "a restart forgets what was postponed",
        _LAW,
        lane.Lane.begin_again,
        "self.replay()",
        "self.postponed.clear()",
    ),
]

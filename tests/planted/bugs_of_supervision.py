"""Bugs in supervision, and the laws that have to find them."""

from bugs import Bug

from exeunt._core import ending, start
from exeunt._core.lane import Lane
from exeunt._model import restarts, uses
from exeunt.supervision import child, group, leaving, muster, restarting, stage, troupe

BUGS = [
    Bug(
        "a restart replays the message in flight",
        "19 restart continuity",
        ending._end_turn,
        "life.turn = life.turn, NOTHING",
        "life.turn = life.turn, NOTHING\n    life.held = turn",
    ),
    Bug(
        "a restart resets the mailbox",
        "19 restart continuity",
        ending.begin_again,
        "life.again = False",
        "life.again = False\n    [life.mailbox.outlet.receive_nowait() for _ in "
        "range(life.mailbox.waiting)]",
    ),
    Bug(
        "what was postponed or held is lost at a restart",
        "19 restart continuity",
        Lane.begin_again,
        "self.returned.appendleft(held)",
        "pass",
    ),
    Bug(
        "a permanent agent's new life leads its users nowhere",
        "19 a permanent agent comes back",
        child.Child._come_back,
        "life.handle._life = self.life",
        "pass",
    ),
    Bug(
        "the order of leaving is reversed",
        "14 supervisor order",
        uses.waves,
        "return [wave for wave in found if wave]",
        "return [wave for wave in found[::-1] if wave]",
    ),
    Bug(
        "they are cancelled all at once",
        "14 supervisor order",
        leaving._cancel,
        "await troupe.last_muster.complete()",
        "pass",
    ),
    Bug(
        "they are drained all at once",
        "13 supervisor drain",
        leaving._drain,
        "await troupe.last_muster.complete()",
        "pass",
    ),
    Bug(
        "of several declared uses none counts",
        "14 supervisor order",
        uses._place,
        "if used in uses)",
        "if used in uses and len(uses[here] or ()) < 2)",
    ),
    Bug(
        "one shield is left behind",
        "26 no shield is left",
        leaving._cancel,
        "patience.deadline = trio.current_time() + longest + _SLACK",
        "pass",
    ),
    Bug(
        "an agent is shielded by nobody until its turn",
        "14 supervisor order",
        start.begin,
        "life.scope.shield = True",
        "pass",
    ),
    Bug(
        "a temporary sibling is started again",
        "19 who is started again",
        restarting._call_out,
        "child.restart is Restart.TEMPORARY",
        "False",
    ),
    Bug(
        "rest_for_one starts everybody again",
        "19 who is started again",
        troupe.Troupe.victims,
        "self.strategy is Strategy.ONE_FOR_ALL",
        "True",
    ),
    Bug(
        "a crash while others are started again is overlooked",
        "19 restart continuity",
        restarting.restart,
        "troupe.broken.difference_update(*victims)",
        "troupe.broken.clear()",
    ),
    Bug(
        "the budget allows one restart more",
        "20 restart budget",
        restarts.Budget.spend,
        "len(self._spent) >= self.max_restarts",
        "len(self._spent) > self.max_restarts",
    ),
    Bug(
        "the budget is one of each agent",
        "20 restart budget",
        child.Child._may_return,
        "troupe.budget.spend(now, failure)",
        "(setattr(self.life, 'limiter', self.life.limiter or "
        "attrs.evolve(troupe.budget)) or self.life.limiter).spend(now, failure)",
    ),
    Bug(
        "a restart counts for ever",
        "20 restart budget",
        restarts.Budget.spend,
        "self._spent[0][0] <= now - self.within",
        "False",
    ),
    Bug(
        "an agent that lived long is not forgiven its past",
        "20 restart budget",
        child.Child._may_return,
        "1 if lived_long else self.crashes + 1",
        "self.crashes + 1",
    ),
    Bug(
        "what was forgiven is forgotten when it is enough",
        "20 restart budget",
        troupe.Troupe.exhausted,
        "self.fail(failure)",
        "pass",
    ),
    Bug(
        "idle returns while an agent comes back",
        "23 quiescence",
        ending.begin_again,
        "life.entering = True",
        "pass",
    ),
    Bug(
        "idle looks once and believes it",
        "23 quiescence",
        troupe.Troupe.idle,
        "while not (idler := Idler(children)).done:",
        "for idler in [Idler([*children][:1])]:",
    ),
    Bug(
        "idle is told of nobody who falls asleep",
        "23 quiescence",
        muster.Idler.settled,
        "self.look()",
        "pass",
    ),
    Bug(
        "a goodbye under cancellation is refused",
        "14 supervisor order",
        leaving._cancel,
        "troupe.last_muster = Muster(children)",
        "troupe.last_muster = Muster(children); "
        "[c.life.stop() for c in troupe.children.values()]",
    ),
    Bug(
        "an error is wrapped once more by each supervisor",
        "15 error shape",
        troupe.Troupe.fail,
        "parts = list(error.exceptions)",
        "pass",
    ),
    Bug(
        "the body's error is raised beside the group",
        "15 error shape",
        stage.open_troupe,
        "raise failure",
        "raise ExceptionGroup('', [failure])",
    ),
    Bug(
        "who starts others again is not told that it is over",
        "8 a cancelled supervisor is gone in time",
        leaving._cancel,
        "troupe.mending.cancel()",
        "pass",
    ),
    Bug(
        "others come in again although it is over",
        "20 nobody comes in when it is over",
        restarting.restart,
        "if troupe.broken or troupe.hurried:",
        "if troupe.broken:",
    ),
    Bug(
        "what fails in a lifespan is taken for a cancellation",
        "19 what fails in a lifespan is a crash",
        ending._consider,
        "not doubted and life.keeper.may_keep(life)",
        "False",
    ),
    Bug(
        "a failure that was forgiven comes up when the agent is cancelled",
        "15 a forgiven crash",
        child.Child.let_in,
        "life.error = None",
        "pass",
    ),
    Bug(
        "a group is stopped while something goes on inside",
        "23 quiescence of a group",
        group.Group.drain,
        "await self._troupe.idle(members)",
        "pass",
    ),
    Bug(
        "a group is left open to outsiders",
        "23 quiescence of a group",
        group.Group.drain,
        "life.mailbox.close_to_outsiders(lives, life.refusal)",
        "pass",
    ),
]

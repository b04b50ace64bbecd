"""Bugs in how the team works together, and the laws that have to find them."""

from bugs import Bug

from exeunt.team import package
from exeunt.team.briefs import checking, dividing
from exeunt.team.roles import drafting, drafts, gate, job, prompts
from exeunt.team.roles.architect import Architect
from exeunt.team.roles.engineer import Engineer
from exeunt.team.roles.manager import Manager

_HOLDS = "teams: what is delivered holds"
_FIT = "teams: parts that were accepted fit"
_ONE = "teams: as one after the other"
_SCHEDULE = "teams: the schedule has no say"
_SETTLED = "teams: settled once"
_AGREE = "teams: two have to agree where the gate is weak"
_SAME = "teams: a resumed run is the same run"
_HELP = "teams: who is given helpers has them"
_SPOILT = "teams: what is not well defined costs nothing"
_GARBAGE = "teams: garbage is no answer"
_DISK = "teams: a full disk is said to be full"
_BUDGET = "teams: never above the budget"

BUGS = [
    Bug(
        "the gate is left open",
        _ONE,
        drafting.draft,
        "await complaint(tools, job, source)",
        '""',
    ),
    Bug(
        "the gate has only the examples that a worker has seen",
        _ONE,
        gate._checks,
        "function.examples, 1",
        "function.examples[:3], 1",
    ),
    Bug(
        "what the gate said of one draft is remembered for all",
        _SAME,
        gate._key,
        "sorted(texts.items())",
        "len(texts)",
    ),
    Bug(
        "who fails first ends it for those before",
        _SCHEDULE,
        drafting.first_to_pass,
        "vain[attempt] = error",
        "raise",
    ),
    Bug(
        "who comes first cancels those before",
        _SCHEDULE,
        drafting.first_to_pass,
        "range(attempt + 1, attempts.stop)",
        "set(attempts) - {attempt}",
    ),
    Bug(
        "each attempt draws the same",
        _ONE,
        prompts.implement,
        "seed=attempt",
        "seed=0",
    ),
    Bug(
        "a batch goes beyond all patience",
        _ONE,
        Engineer._batches,
        "min(start + policy.width, most)",
        "start + policy.width",
    ),
    Bug(
        "a model that fails is taken for a bug",
        _ONE,
        Engineer.handle,
        "except* IN_VAIN",
        "except* ZeroDivisionError",
    ),
    Bug(
        "a full disk is taken for a bug",
        _DISK,
        Engineer.handle,
        "except* IN_VAIN",
        "except* IN_VAIN[:2]",
    ),
    Bug(
        "an empty purse is taken for a bug",
        _BUDGET,
        Architect._proposed,
        "suppress(*IN_VAIN)",
        "suppress(*IN_VAIN[1:])",
    ),
    Bug(
        "a function is settled twice",
        _SETTLED,
        Engineer.handle,
        "await self.tools.news.publish(news)",
        "await self.tools.news.publish(news); await self.tools.news.publish(news)",
    ),
    Bug(
        "a weak gate is trusted",
        _AGREE,
        Engineer._lead,
        "return policy.lead if",
        "return 1 if",
    ),
    Bug(
        "the majority is enough",
        _AGREE,
        Engineer._agreed,
        "groups.winner(lead)",
        "groups.winner(1)",
    ),
    Bug(
        "the first that passed is taken, whoever won",
        _AGREE,
        Engineer._agreed,
        "if each.attempt == winner.members[0]",
        "if each",
    ),
    Bug(
        "a function is built without what it uses",
        _ONE,
        job.Job.build,
        "if lacking:",
        "if False:",
    ),
    Bug(
        "nobody waits for what is used",
        _ONE,
        job.Job.build,
        "(*module.functions[:place], *function.uses)",
        "module.functions[:place]",
    ),
    Bug(
        "an engineer is asked for ever",
        _HOLDS,
        job.ask,
        "if chance == PATIENCE - 1:",
        "if False:",
    ),
    Bug(
        "a few crashes end the whole work",
        _SETTLED,
        job.deliver,
        "max_restarts=sys.maxsize",
        "max_restarts=3",
    ),
    Bug(
        "what is left open is told in the order of the day",
        _AGREE,
        job.Job.verdict,
        "for name in names\n",
        "for name in self.questions\n",
        rare=True,
    ),
    Bug(
        "what is missing is told in the order of the day",
        _ONE,
        job.Job.verdict,
        '[*names, "the whole"]',
        "[*self.missing]",
    ),
    Bug(
        "helpers are left behind",
        _HELP,
        job.Job._restructure,
        "[*parts, built.source]",
        "[built.source]",
    ),
    Bug(
        "nobody is told of the helpers",
        _HELP,
        job.Job._restructure,
        "used=(*job.used, *helpers)",
        "used=job.used",
    ),
    Bug(
        "helpers of what uses others are not well defined",
        _HELP,
        Architect._helpers,
        "attrs.evolve(function, uses=())",
        "function",
    ),
    Bug(
        "a plan that is a ring is followed",
        _FIT,
        Architect._proposed,
        "if modules and not list(objections(brief, modules)):",
        "if modules:",
    ),
    Bug(
        "a plan that is too deep is a crash",
        _HOLDS,
        Architect._answer,
        "suppress(Malformed, ValueError, RecursionError)",
        "suppress(Malformed, ValueError)",
    ),
    Bug(
        "what is no JSON is a crash",
        _GARBAGE,
        Architect._answer,
        "suppress(Malformed, ValueError, RecursionError)",
        "suppress(Malformed)",
    ),
    Bug(
        "what a worker was told to call is written again",
        _ONE,
        drafts.neighbours_lost,
        "if not _names(node) & given",
        "if True",
    ),
    Bug(
        "a draft may write what is another's",
        _FIT,
        drafts.neighbours_lost,
        "{*there, *job.others}",
        "{*there}",
    ),
    Bug(
        "a draft may change what its module has",
        _FIT,
        drafts.neighbours_lost,
        "{*there, *job.others}",
        "{*job.others}",
    ),
    Bug(
        "no module imports anything",
        _ONE,
        package.needs,
        "if home != module.name and used",
        "if home == module.name and used",
    ),
    Bug(
        "a brief is taken as it comes",
        _SPOILT,
        Manager.handle,
        "if reasons:",
        "if False:",
    ),
    Bug(
        "a contradiction is taken",
        _SPOILT,
        checking._of_examples,
        "if _end(first) != _end(example):",
        "if False:",
    ),
    Bug(
        "a ring of uses is taken",
        _SPOILT,
        dividing.ring,
        "return tuple(error.args[1])",
        "return ()",
    ),
]

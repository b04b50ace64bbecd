"""Bugs in spending and in writing down, and the laws that have to find them."""

from bugs import Bug

from exeunt.team import budget
from exeunt.team.journal import journal, lines
from exeunt.team.models import budgeted, price, remembered

_TREE = "spending: the tree adds up"
_BOUND = "spending: never above the budget"
_KILL = "journal: a kill at any moment"
_TORN = "journal: only the last line may be torn"
_ONCE = "journal: the same work is done by one at a time"

BUGS = [
    Bug(
        "a part is not reserved in the whole",
        _TREE,
        budget.Budget.reserve,
        "line = [*self._line()]",
        "line = [self]",
    ),
    Bug(
        "half of a refused reservation is taken",
        _TREE,
        budget.Budget.reserve,
        "raise OverBudget",
        "line[-1]._reserved += amount; raise OverBudget",
    ),
    Bug(
        "what failed is never settled",
        _TREE,
        budget.Budget.reserve,
        "    finally:\n",
        "    except ZeroDivisionError:\n        pass\n    else:\n",
    ),
    Bug(
        "what is settled stays reserved by its cost",
        _TREE,
        budget.Budget.reserve,
        "account._reserved -= amount",
        "account._reserved -= cost",
    ),
    Bug(
        "the first word about a cost counts",
        _TREE,
        budget.Reservation.settle,
        "self.cost = _amount(cost)",
        "self.cost = min(self.cost, cost)",
    ),
    Bug(
        "who is cancelled pays nothing",
        _BOUND,
        budgeted.Budgeted._paid,
        "await self._settle(reservation, number)",
        "reservation.settle(reservation.cost % self.price.estimate(prompt))",
    ),
    Bug(
        "a stream that is left is not paid",
        _BOUND,
        budgeted._Bill._settle_so_far,
        "self.price.so_far(self.prompt, self.text)",
        "0",
    ),
    Bug(
        "only the last piece of what has come is paid",
        _BOUND,
        budgeted._Bill.see,
        "self.text += piece",
        "self.text = piece",
    ),
    Bug(
        "a model that refuses is paid",
        _KILL,
        budgeted._Bill.failed,
        "self.reservation.settle(0)",
        "raise error from None",
    ),
    Bug(
        "the answer is not reserved, only the prompt",
        _BOUND,
        price.Price.estimate,
        "prompt.max_tokens",
        "0",
    ),
    Bug(
        "what a cancelled stream cost is not written down",
        _BOUND,
        budgeted.Budgeted._paid,
        "shield=True",
        "shield=False",
    ),
    Bug(
        "what was in flight at a kill is forgotten",
        _KILL,
        budgeted.spent_before,
        'costs[record.n] = record.data["account"], record.data["amount"]',
        'costs[record.n] = record.data["account"], 0',
    ),
    Bug(
        "what was reserved and what was paid both count",
        _KILL,
        budgeted.spent_before,
        "costs[of] = costs[of][0]",
        "costs[-of] = costs[of][0]",
    ),
    Bug(
        "the model is asked before that is written down",
        _KILL,
        budgeted.Budgeted._note,
        "return record.n",
        "self.journal.records.remove(record); return record.n",
    ),
    Bug(
        "a streamed answer is not remembered",
        _KILL,
        remembered._Noted.receive,
        "if isinstance(piece, str):",
        "if True:",
    ),
    Bug(
        "the seed is no part of the question",
        _KILL,
        remembered.key_of,
        "attrs.asdict(prompt)}",
        'attrs.asdict(prompt), "seed": 0, "messages": ()}',
    ),
    Bug(
        "a wrong line in the middle is taken for the last one",
        _TORN,
        lines.read,
        "record is None and number == len(lines) - 1",
        "record is None",
    ),
    Bug(
        "a journal that ends in the middle of a line is refused",
        _TORN,
        lines.read,
        "record is None and number == len(lines) - 1",
        "False",
    ),
    Bug(
        "nobody looks at the checksum",
        _TORN,
        lines.parse,
        'tail != b"%d}\\n" % zlib.crc32(text)',
        'not tail.endswith(b"}\\n")',
    ),
    Bug(
        "who waits for the same work does it again",
        _ONCE,
        journal.Journal.remember,
        "if name not in self._known:",
        "if True:",
    ),
    Bug(
        "everybody does the same work at once",
        _ONCE,
        journal.Journal._place,
        "self._at_work.setdefault(name, trio.Lock())",
        "trio.Lock()",
    ),
    Bug(
        "the place of work that is done is kept for ever",
        _ONCE,
        journal.Journal._place,
        "self._at_work.pop(name, None)",
        "pass",
    ),
]

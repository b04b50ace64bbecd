"""Pay for what a model is asked: reserve before, settle after, whatever happens."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import attrs
import trio

from ..budget import Budget, Reservation
from ..journal import Journal
from .errors import Busy, Cut, Down, ModelError, Refused
from .model import Answer, Model, Pieces, Prompt
from .pieces import Piece, Tapped
from .price import Price

_RESERVED = "reserved"
_PAID = "paid"


def spent_before(journal: Journal) -> Mapping[str, int]:
    """Return what accounts have spent in earlier runs, for the *before* of a `Budget`.

    A reservation that nobody lived to settle counts as a whole: the provider may have
    charged it. Every other one counts once, as what it cost.

    Args:
        journal: The one that `Budgeted` wrote.

    """
    costs: dict[int, tuple[str, int]] = {}
    for record in journal.records:
        if record.kind == _RESERVED:
            costs[record.n] = record.data["account"], record.data["amount"]
        elif record.kind == _PAID:
            of = record.data["of"]
            costs[of] = costs[of][0], record.data["cost"]
    spent: Counter[str] = Counter()
    for account, cost in costs.values():
        spent[account] += cost
    return spent


@attrs.frozen
class Budgeted:
    """A model that is asked only what can be paid.

    For each prompt the most that its answer may cost is reserved. Afterwards this is
    settled, at the usage that the provider tells. Otherwise the whole of it is, since
    the provider may charge for what was cancelled or got lost, with two exceptions: a
    provider that refuses or is not there (`Refused`, `Busy`, `Down`) charges nothing,
    and an answer that broke off or that nobody listens to any more has cost what had
    come of it, a token for a byte.

    Every call is paid by itself. So put this next to the model, inside of a `Limited`
    and a `Retrying`: then each try is paid, and what only waits for its turn keeps no
    money from the others.

    Args:
        model: Whom to ask.
        budget: The account that pays.
        price: What its tokens cost.
        journal: Where every reservation is written down before the model is asked, so
            that `spent_before` knows in the next run; without one, nothing is.

    Example::

        budget = Budget(100_000)
        paid = Budgeted(model, budget.part("slugify"), Price.tokens())
        answer = await paid.complete(prompt)
        assert budget.spent == answer.usage.total

    """

    model: Model
    budget: Budget
    price: Price
    journal: Journal = attrs.field(factory=Journal.in_memory)

    @property
    def name(self) -> str:
        """What the provider calls the model inside."""
        return self.model.name

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole.

        Raises:
            OverBudget: The answer may cost more than is left; the model was not asked.
            CannotRemember: The journal does not take what is to be spent.
            ModelError: The model's own.

        """
        async with self._paid(prompt) as bill:
            answer = await self.model.complete(prompt)
            bill.see(answer)
        return answer

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece; what has come is paid when the block is left.

        Raises:
            OverBudget: As for `complete`.
            CannotRemember: As for `complete`.
            ModelError: The model's own.

        """
        async with self._paid(prompt) as bill, self.model.stream(prompt) as pieces:
            bill.begin()
            yield Tapped(pieces, bill.see)

    @asynccontextmanager
    async def _paid(self, prompt: Prompt) -> AsyncGenerator["_Bill"]:
        with self.budget.reserve(self.price.estimate(prompt)) as reservation:
            bill = _Bill(self.price, prompt, reservation)
            number = await self._note(reservation)
            try:
                yield bill
            except ModelError as error:
                bill.failed(error)
                raise
            finally:
                # Who is cancelled has to pay as well. No time limit: a thread that
                # writes to a disk could not be stopped by one.
                with trio.CancelScope(shield=True):
                    await self._settle(reservation, number)  # noqa: ASYNC102

    async def _note(self, reservation: Reservation) -> int:
        try:
            record = await self.journal.append(
                _RESERVED, account=self.budget.path, amount=reservation.amount
            )
        except BaseException:
            reservation.settle(0)  # Nobody has been asked.
            raise
        return record.n

    async def _settle(self, reservation: Reservation, number: int) -> None:
        """Write down what it cost, unless that is what the journal says already."""
        if reservation.cost != reservation.amount:
            await self.journal.append(_PAID, of=number, cost=reservation.cost)


@attrs.define
class _Bill:
    """What one call costs, as far as is known."""

    price: Price
    prompt: Prompt
    reservation: Reservation
    text: str = ""

    def begin(self) -> None:
        """Note that the model has begun."""
        self._settle_so_far()

    def see(self, piece: Piece) -> None:
        """Note what has come."""
        if isinstance(piece, Answer):
            self.reservation.settle(self.price.cost(piece.usage))
        else:
            self.text += piece
            self._settle_so_far()

    def failed(self, error: ModelError) -> None:
        """Note what the model says instead of an answer."""
        if isinstance(error, Refused | Busy | Down) and not self.text:
            self.reservation.settle(0)
        elif isinstance(error, Cut):
            self.text = max(self.text, error.partial, key=len)
            self._settle_so_far()

    def _settle_so_far(self) -> None:
        self.reservation.settle(self.price.so_far(self.prompt, self.text))

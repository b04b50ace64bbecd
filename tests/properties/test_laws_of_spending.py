"""Nothing is begun that cannot be paid, paid twice, or forgotten by a journal."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law
from trio.testing import MockClock

from exeunt.team.budget import Budget, OverBudget, Reservation
from exeunt.team.journal import BadJournal, Journal
from exeunt.team.models.budgeted import Budgeted, spent_before
from exeunt.team.models.errors import Busy, Cut
from exeunt.team.models.model import Answer, Message, Model, Pieces, Prompt, Usage
from exeunt.team.models.pieces import Piece
from exeunt.team.models.price import Price, prompt_tokens
from exeunt.team.models.remembered import Remembered
from exeunt.team.models.simulated import Simulated

PRICE = Price(2, 3)
WORDS = "a few words that a model says"


def run(main: Callable[[], Any]) -> Any:
    return trio.run(main, clock=MockClock(autojump_threshold=0))


def prompt(seed: int) -> Prompt:
    said = (Message("user", f"number {seed}"),)
    return Prompt(messages=said, max_tokens=40, temperature=1, seed=seed)


@attrs.define
class Answering:
    """A model that knows what it was asked, and what it charges for.

    It is as dear as a model can be: a token has one byte. What has been said when it
    is left has to be paid; to refuse costs nothing.
    """

    failing: tuple[int, ...] = ()
    asked: list[int | None] = attrs.field(factory=list)
    charged: int = 0
    inner: Model = attrs.field(
        factory=lambda: Simulated(p=1, seconds=(1, 9), speech=lambda *_: WORDS)
    )

    name = "answering"

    async def complete(self, prompt: Prompt) -> Answer:
        async with self.stream(prompt) as pieces:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    return piece
        raise AssertionError

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncIterator[Pieces]:
        self.asked.append(prompt.seed)
        if prompt.seed in self.failing:
            raise Busy("ask later")
        async with self.inner.stream(prompt) as pieces:
            charging = Charging(pieces, prompt_tokens(prompt))
            try:
                yield charging
            finally:
                self.charged += PRICE.cost(charging.usage)


@attrs.define(eq=False)
class Charging(trio.abc.ReceiveChannel[Piece]):
    """Counts the tokens that were said."""

    pieces: Pieces
    read: int
    said: int = 0

    @property
    def usage(self) -> Usage:
        return Usage(self.read, self.said)

    async def receive(self) -> Piece:
        piece = await self.pieces.receive()
        if isinstance(piece, Answer):
            return attrs.evolve(piece, usage=self.usage)
        self.said += len(piece)
        return piece

    async def aclose(self) -> None:
        await self.pieces.aclose()


Step = tuple[str, int, int, int]


@law(
    "spending: the tree adds up",
    limits=st.tuples(*[st.integers(0, 60)] * 3),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["reserve", "settle", "end", "fail"]),
            st.integers(0, 3),
            st.integers(0, 30),
            st.integers(0, 40),
        ),
        max_size=30,
    ),
)
def test_a_tree_of_accounts_adds_up(
    limits: tuple[int, int, int], steps: list[Step]
) -> None:
    crew = Budget(limits[0], "crew")
    one, two = crew.part("one", limits[1]), crew.part("two")
    inner = one.part("inner", limits[2])
    tree, all_limits = [crew, one, inner, two], [*limits, limits[0]]
    below = {0: {0, 1, 2, 3}, 1: {1, 2}, 2: {2}, 3: {3}}
    held: list[tuple[int, ExitStack, Reservation]] = []
    said: dict[Reservation, int] = {}
    costs: list[tuple[int, int, int]] = []  # account, amount, cost

    def expect() -> None:
        for number, account in enumerate(tree):
            own = below[number]
            spent = sum(cost for at, _, cost in costs if at in own)
            over = sum(max(0, cost - amount) for at, amount, cost in costs if at in own)
            kept = sum(kept.amount for at, _, kept in held if at in own)
            assert (account.spent, account.reserved) == (spent, kept)
            assert spent + kept <= all_limits[number] + over

    def end(which: int, *, fail: bool) -> None:
        number, stack, reservation = held.pop(which % len(held))
        amount = reservation.amount
        costs.append((number, amount, said.get(reservation, amount)))
        if not fail:
            stack.close()
        else:
            with pytest.raises(RuntimeError), stack:
                raise RuntimeError

    for what, which, amount, cost in steps:
        if what == "reserve":
            stack, left = ExitStack(), tree[which].left
            try:
                taken = stack.enter_context(tree[which].reserve(amount))
            except OverBudget as error:
                assert left <= error.left < amount
                (refuses,) = [a for a in tree if a.path == error.account]
                assert refuses.left == error.left
            else:
                assert amount <= left
                held.append((which, stack, taken))
        elif held and what == "settle":
            told = held[which % len(held)][2]
            told.settle(cost)
            said[told] = cost
        elif held:
            end(which, fail=what == "fail")
        expect()
    while held:
        end(0, fail=True)
    expect()
    assert [account.reserved for account in tree] == [0] * 4


@law(
    "spending: never above the budget",
    limit=st.integers(0, 4_000),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["complete", "stream", "leave"]),
            st.none() | st.none() | st.none() | st.none() | st.floats(0, 9),
        ),
        max_size=12,
    ),
)
def test_no_more_is_charged_than_the_budget_has(
    limit: int, calls: list[tuple[str, float | None]]
) -> None:
    budget, provider = Budget(limit), Answering(failing=(3,))
    journal = Journal.in_memory()
    model = Budgeted(provider, budget.part("crew"), PRICE, journal)

    async def call(number: int, how: str, seconds: float | None) -> None:
        with trio.move_on_after(99 if seconds is None else seconds):
            try:
                if how == "complete":
                    await model.complete(prompt(number))
                    return
                async with model.stream(prompt(number)) as pieces:
                    async for _ in pieces:
                        assert provider.charged <= budget.spent + budget.reserved
                        if how == "leave":
                            break
            except (OverBudget, Busy):
                pass

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number, (how, seconds) in enumerate(calls):
                nursery.start_soon(call, number, how, seconds)

    run(main)
    assert provider.charged <= budget.spent <= limit
    assert budget.reserved == 0
    assert sum(spent_before(journal).values()) == budget.spent


async def small_program(model: Model) -> list[str]:
    """Ask some questions at once, and one that hangs on their answers."""
    answers: dict[int, str] = {}

    async def ask(seed: int) -> None:
        try:
            answers[seed] = (await model.complete(prompt(seed))).text
        except Busy:
            answers[seed] = "busy"

    async def listen(seed: int) -> None:
        async with model.stream(prompt(seed)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    answers[seed] = piece.text

    async with trio.open_nursery() as nursery:
        for seed in (1, 2, 3, 2):  # one of them twice
            nursery.start_soon(ask, seed)
        nursery.start_soon(listen, 4)
    await ask(5)
    return [answers[seed] for seed in sorted(answers)]


def run_on(
    content: bytes, provider: Answering, budgets: list[Budget]
) -> tuple[list[str], Journal]:
    journal = Journal.in_memory(content)
    budgets.append(Budget(100_000, before=spent_before(journal)))
    paid = Budgeted(provider, budgets[-1].part("crew"), PRICE, journal)

    async def main() -> list[str]:
        return await small_program(Remembered(paid, journal))

    return run(main), journal


def cuts_of(content: bytes) -> list[int]:
    """Return the end, the last bytes and the middle of every line."""
    ends = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    middles = [(a + b) // 2 for a, b in zip([0, *ends], ends, strict=False)]
    return sorted({0, 1, *ends, *middles, *(end - 1 for end in ends)})


@law("journal: a kill at any moment")
def test_a_run_that_was_killed_goes_on_where_it_was() -> None:
    first = Answering(failing=(3,))
    budgets: list[Budget] = []
    wanted, journal = run_on(b"", first, budgets)
    assert budgets[0].spent == first.charged
    assert len([*journal.of_kind("answer")]) == 4
    content = journal.content
    assert sorted(map(str, first.asked)) == ["1", "2", "3", "4", "5"]
    for cut in cuts_of(content):
        before = Journal.in_memory(content[:cut])
        answered = [*before.of_kind("answer")]
        begun = [*before.of_kind("reserved")]
        second = Answering(failing=(3,))
        got, after = run_on(content[:cut], second, budgets)
        assert got == wanted
        # What was answered is not asked again; all else is, the refusal too.
        assert len(second.asked) == 5 - len(answered)
        # Each call is paid once: as it was, or as a whole if it was in flight.
        paid = {
            record.data["of"]: record.data["cost"] for record in after.of_kind("paid")
        }
        costs = [paid.get(r.n, r.data["amount"]) for r in after.of_kind("reserved")]
        assert len(costs) == len(begun) + len(second.asked)
        assert budgets[-1].spent == sum(costs) >= second.charged
        assert budgets[-1].spent == budgets[-1].part("crew").spent


Data = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=2)),
)


@law(
    "journal: only the last line may be torn",
    written=st.lists(Data, max_size=5),
    cut=st.floats(0, 1),
    garbage=st.none() | st.tuples(st.floats(0, 0.999), st.integers(1, 255)),
)
def test_a_journal_is_read_as_far_as_it_was_written(
    written: list[dict[str, Any]], cut: float, garbage: tuple[float, int] | None
) -> None:
    journal = Journal.in_memory()

    async def main() -> None:
        for data in written:
            await journal.append("kind", **data)

    run(main)
    content = journal.content
    torn = content[: round(len(content) * cut)]
    read = Journal.in_memory(torn)
    whole = max(0, torn.count(b"\n") - 1)
    assert read.records == journal.records[:whole]
    assert read.content == b"".join(content.splitlines(keepends=True)[: whole + 1])
    if garbage is not None:
        place, change = int(garbage[0] * len(content)), garbage[1]
        spoilt = bytearray(content)
        spoilt[place] ^= change
        line = content[:place].count(b"\n")
        try:
            read = Journal.in_memory(bytes(spoilt))
        except BadJournal as error:
            assert error.line >= line + 1
            assert (
                line == 0 or line < len(written) or spoilt.count(b"\n") > len(written)
            )
        else:
            assert read.records == journal.records[: len(read.records)]
            # A line without its end is one with the next.
            joined = content[place] == ord("\n")
            assert line >= max(1, len(written) - joined)


@law("journal: the same work is done by one at a time")
def test_work_that_is_remembered_is_done_once() -> None:
    journal, done = Journal.in_memory(), []

    async def work() -> tuple[int, str]:
        done.append("begun")
        await trio.sleep(5)
        done.append("ended")
        return 1, "two"

    async def want(number: int, seconds: float) -> None:
        await trio.sleep(number / 10)
        with trio.move_on_after(seconds):
            assert await journal.remember("plan", "a", work) == [1, "two"]

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number, seconds in enumerate((3, 99, 4, 99, 99)):
                nursery.start_soon(want, number, seconds)

    run(main)
    # The second goes on where the first was cancelled; the others wait.
    assert done == ["begun", "begun", "ended"]
    assert len(journal.records) == 1
    assert not journal._at_work


def test_what_broke_off_is_paid_as_far_as_it_came() -> None:
    @attrs.define
    class Breaking(Answering):
        async def complete(self, prompt: Prompt) -> Answer:
            raise Cut("it broke off", partial="four")

    budget = Budget(1_000)
    model = Budgeted(Breaking(), budget, PRICE)
    with pytest.raises(Cut):
        run(lambda: model.complete(prompt(1)))
    assert budget.spent == PRICE.so_far(prompt(1), "four") < PRICE.estimate(prompt(1))

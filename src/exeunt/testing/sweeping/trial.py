"""One run of a scenario, with what disturbs it and with those who look on."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from inspect import iscoroutine
from typing import cast

import attrs
import trio
from trio.abc import Instrument
from trio.lowlevel import Task, current_task, current_trio_token

from ..._core.audience import looking_on
from ..._core.setting import name_of
from ..._model.outcome import Outcome
from ...exceptions import AgentClosed, AgentCrashed, ReplyDropped
from ..exploring.story import Place
from ..faults.failpoints import failing
from ..faults.plan import FailAt, InjectedCrash
from ..schedules.conductor import begun
from ..schedules.rules import Chooser, Rules, Run
from ..schedules.running import perform
from .blows import Blow
from .keyboard import Keyboard
from .oracle import check_books
from .sight import Sight
from .victims import Cancellable, Victims, victims
from .witness import Witness, witness

Check = Callable[[tuple[Outcome, ...]], object]

_AFTERMATH = (InjectedCrash, AgentCrashed, AgentClosed, ReplyDropped)
"""What has to be expected of a run in which an agent crashes or is killed."""

_TIMED = {"cancel", "victim", "interrupt"}


@attrs.define(eq=False)
class Trial:
    """One run.

    Attributes:
        scenario: an async function.
        blows: what befalls it.
        victims: what was marked as to be cancelled.
        witness: who sees the agents.
        sight: who sees the tasks.
        keyboard: where Ctrl-C is pressed.
        run: the record of the run, whose error is None if it was to be expected.
        passed: the failpoints that were passed.
        stands: where the tasks stood when the first blow came.
    """

    scenario: Callable[..., Awaitable[object]]
    blows: tuple[Blow, ...]
    run: Run = attrs.field(factory=Run)
    victims: Victims = attrs.field(factory=Victims)
    witness: Witness = attrs.field(init=False)
    sight: Sight = attrs.field(factory=Sight)
    keyboard: Keyboard = attrs.field(factory=Keyboard)
    passed: list[str] = attrs.field(factory=list[str])
    stands: list[tuple[str, Place]] = attrs.field(factory=list[tuple[str, Place]])
    _whole: trio.CancelScope | None = None
    _strikes: int = 0

    def __attrs_post_init__(self) -> None:
        self.witness = Witness(self.blows)

    def perform(
        self,
        args: tuple[object, ...],
        chooser: Chooser,
        rules: Rules,
        check: Check | None = None,
        onlookers: Sequence[Instrument] = (),
    ) -> Run:
        """Run the scenario, and judge it."""
        pressed = any(blow.kind == "interrupt" for blow in self.blows)
        strike, play = (
            (self._interrupt, self._play_on) if pressed else (self._cancel, self._play)
        )
        timed = [blow for blow in self.blows if blow.kind in _TIMED]
        moments = {blow.at for blow in timed if blow.idle}
        self.sight.at_idle = lambda moment: strike() if moment in moments else None
        self.run = perform(
            play,
            args,
            chooser,
            rules,
            before={blow.at: strike for blow in timed if not blow.idle},
            instruments=[*onlookers, self.sight, *([self.keyboard] * pressed)],
        )
        assert self.sight.saw_the_end
        if self.keyboard.touched:
            raise KeyboardInterrupt
        self._judge(check)
        return self.run

    @property
    def landed(self) -> int:
        """How many of the blows have struck."""
        return self._strikes + len(self.struck)

    @property
    def struck(self) -> list[str]:
        """Which agents have crashed and which failpoints have failed, in words."""
        fails = (blow for blow in self.blows if blow.kind == "fail")
        return self.witness.struck + [
            f"failpoint {blow.name!r}"
            for blow in fails
            if self.passed.count(blow.name) > blow.at
        ]

    async def _play(self, *args: object) -> object:
        self.sight.main = current_task()
        victims.set(self.victims)
        witness.set(self.witness)
        fails = [
            FailAt(blow.name, blow.at) for blow in self.blows if blow.kind == "fail"
        ]
        value: object = None
        with looking_on(self.witness.meet), failing(*fails) as self.passed:
            with trio.CancelScope() as self._whole:
                value = await begun(self.scenario, args)
            self._whole = None
        return value

    async def _play_on(self, *args: object) -> object:
        try:
            try:
                return await self._play(*args)
            finally:
                self._whole = None
                if self._strikes:
                    await _feel()  # noqa: ASYNC102 - takes one step, and is shielded
        except* KeyboardInterrupt:
            pass
        return None

    def _cancel(self) -> None:
        targets: list[tuple[Cancellable, Task | None]] = []
        if self.blows[0].kind == "victim":
            targets += self.victims.now
        elif self._whole is not None:
            targets.append((self._whole, self.sight.main))
        if targets:
            self._note_strike()
        for what, owner in targets:
            with self.sight.striking(owner):
                what.cancel()

    def _interrupt(self) -> None:
        if self._whole is not None:
            self._note_strike()
            self.sight.strike_main()
            self.keyboard.press()

    def _note_strike(self) -> None:
        self._strikes += 1
        self.stands = self.stands or self.sight.standing(name_of(self.scenario))

    def _judge(self, check: Check | None) -> None:
        error = self.run.error
        crash = any(blow.kind not in {"cancel", "victim"} for blow in self.blows)
        if error is not None and crash:
            error = _without(error, _AFTERMATH)
        if error is None:
            error = self._examine(check)
        self.run.error = error

    def _examine(self, check: Check | None) -> Exception | None:
        try:
            check_books(self.witness)
            if check is not None:
                outcomes = tuple(life.outcome for life in self.witness.lives)
                answer = check(outcomes)
                if iscoroutine(answer):
                    answer.close()
                    return TypeError("check has to be a function that is not async")
        except Exception as error:
            return error
        return None


async def _feel() -> None:
    """Take a press that nobody has felt yet: it must not come up later."""
    heard = trio.Event()
    # After those presses that a receiver of signals hands on.
    current_trio_token().run_sync_soon(heard.set, idempotent=True)
    with trio.CancelScope(shield=True):
        for wait in heard.wait, trio.lowlevel.checkpoint:
            with suppress(KeyboardInterrupt):
                await wait()


def _without(
    error: BaseException, kinds: tuple[type[Exception], ...]
) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return cast("BaseExceptionGroup[BaseException]", error).split(kinds)[1]
    return None if isinstance(error, kinds) else error

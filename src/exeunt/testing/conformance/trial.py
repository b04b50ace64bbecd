"""The laws are held against plays, and the first that is broken is reported."""

import warnings
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import attrs

from ...exceptions import CleanupOverran
from ...stalls.failing import Stalled
from ..schedules.schedule import Schedule
from .drawing import draw_schedule
from .laws import Bench, Broken, Kind, Law
from .likeness import copied
from .play import Play
from .report import Conformance, Kept, LawBroken, story
from .scene import Scene
from .smaller import smallest
from .stage import Unfit


@attrs.define(eq=False)
class Trial:
    """One agent, or one mailbox, held against the laws."""

    name: str
    setting: Any
    draw: Callable[[Kind, Random], Scene]
    perform: Callable[[Kind, Play], Awaitable[None]]
    runs: int
    seed: int
    _plays: dict[Kind, list[Play]] = attrs.field(factory=dict[Kind, list[Play]])

    def hold(self, laws: tuple[Law, ...]) -> Conformance:
        """Hold every law against its plays."""
        stays = next((law for law in laws if law.number == 8), laws[0])
        kept = [self._judge(law, stays) for law in laws]
        kept.sort(key=lambda each: each.number)
        plays = [play for plays in self._plays.values() for play in plays]
        handled = sum(_handled(play) for play in plays)
        return Conformance(self.name, tuple(kept), len(plays), handled, self.seed)

    def _judge(self, law: Law, stays: Law) -> Kept:
        """Hold one law; *stays* is the one about those who do not leave at all."""
        plays: list[Play] = []
        for play in self._played(law.kind):
            plays.append(play)
            # To see that somebody does not leave takes long, so once is enough.
            broken = law if play.failure is None else attrs.evolve(stays, kind=law.kind)
            seen = self._broken(broken, play)
            if seen is not None:
                raise self._report(broken, play, len(plays)) from seen.__cause__
        orders = {(play.schedule.choices, play.schedule.steps) for play in plays}
        return Kept(law.number, law.name, law.sentence, len(plays), len(orders))

    def _played(self, kind: Kind) -> Iterator[Play]:
        """Go through the plays of this kind, and play what was not played before."""
        plays = self._plays.setdefault(kind, [])
        for index in range(self.runs):
            if index == len(plays):
                random = Random(f"{self.seed} {kind} {index}")  # noqa: S311 - no secrets
                scene = self.draw(kind, random)
                plays.append(self.play(kind, scene, draw_schedule(random)))
            yield plays[index]

    def _broken(self, law: Law, play: Play) -> Broken | None:
        def again(scene: Scene) -> Play:
            return self.play(law.kind, scene, Schedule(play.schedule.choices))

        try:
            law.judge(play, Bench(self.setting, again))
        except Broken as broken:
            return broken
        return None

    def play(self, kind: Kind, scene: Scene, schedule: Schedule) -> Play:
        """Play *scene* once, with copies of its messages."""
        lines = [attrs.evolve(x, message=copied(x.message)) for x in scene.lines]
        before = tuple(copied(line.message) for line in lines)
        play = Play(scene, attrs.evolve(scene, lines=tuple(lines)), schedule, before)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CleanupOverran)
            try:
                schedule.run(self.perform, kind, play, before=_cuts(play))
            except Stalled as stalled:
                play.failure = stalled
        if play.outcome is not None and isinstance(play.outcome.error, Unfit):
            raise play.outcome.error
        return play

    def _report(self, law: Law, play: Play, run: int) -> LawBroken:
        def fails(scene: Scene, schedule: Schedule) -> bool:
            return self._broken(law, self.play(law.kind, scene, schedule)) is not None

        case = play.drawn, play.schedule.choices
        if play.failure is None and law.kind not in {"queue", "tight"}:
            case = smallest(case, fails)
            play = self.play(law.kind, case[0], Schedule(case[1]))
        seen = self._broken(law, play) or "it once, and not when it was played again"
        text = (
            f"{self.name} breaks {law}. {law.sentence}\n"
            f"Seen: {seen}\n"
            f"Smallest case (run {run} of {self.runs}, seed {self.seed}):\n"
            f"  {case[0]!r}\n"
            f"  in the order {play.schedule}\n"
            f"What happened:\n{story(play)}"
        )
        return LawBroken(
            text,
            number=law.number,
            law=law.name,
            seen=str(seen),
            scene=case[0],
            schedule=play.schedule,
            seed=self.seed,
        )


def _cuts(play: Play) -> dict[int, Callable[[], None]]:
    cut = play.scene.cut
    return {} if cut is None else {cut: lambda: play.cut()}  # noqa: PLW0108 - set later


def _handled(play: Play) -> int:
    turns = sum(turn.how in {"handled", "streamed"} for turn in play.turns)
    return turns or len(play.of("taken"))

"""The rules of messages: each has one way and one end, and each ask one answer."""

from collections.abc import Callable

import attrs

from .._model import events as ev
from .rules_of_agents import Agents

_Step = (
    ev.MessageWaits | ev.MessageAccepted | ev.MessageBegun | ev.MessagePostponed
    | ev.MessageEnded | ev.AskAnswered | ev.AskLeft
)  # fmt: skip

_FROM = {
    "handled": {"begun"},
    "failed": {"begun"},
    "interrupted": {"begun"},
    "abandoned": {"accepted"},
    "dropped": {"accepted"},
    "undelivered": {"accepted"},
    "refused": {"offered", "waiting"},
    "withdrawn": {"waiting"},
}
"""Where a message may be when it meets its fate."""


@attrs.define(eq=False)
class Letter:
    """A message, and how far it has come."""

    offer: ev.MessageOffered
    stage: str = "offered"
    place: int | None = None  # how many were accepted before, if that says its turn
    handler: int | None = None
    asked: bool = False  # somebody waits for the answer

    @property
    def done(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.stage == "ended" and not self.asked


@attrs.define
class Box:
    """What is known of a mailbox."""

    accepted: list[Letter] = attrs.field(factory=list[Letter])
    newest: int = 0  # of the messages that were accepted, which number is highest
    turn: int = -1  # the highest place that has been begun
    giving_up: bool = False  # what is accepted next may take the place of another


class Messages:
    """All messages, the boxes in which they lie, and the turns that go on."""

    def __init__(
        self, blame: Callable[[ev.Event, str], None], agents: Agents, *, lost: bool
    ) -> None:
        self._blame = blame
        self._agents = agents
        self._lost = lost
        self._letters: dict[int, Letter] = {}
        self._boxes: dict[int, Box] = {}
        self._turns: dict[int, Letter] = {}
        self._pools: dict[int, int] = {}  # for whom each worker works

    def see(self, event: ev.Event) -> None:
        """Check what happens next."""
        match event:
            case ev.AgentStarted(agent=agent, pool=pool) if pool is not None:
                self._pools[agent] = pool
            case ev.MessageOffered(message=number):
                if number in self._letters:
                    self._blame(event, f"message {number} was offered before")
                asked = event.kind in {"ask", "stream"}
                self._letters[number] = Letter(event, asked=asked)
                self._boxes.setdefault(event.dst, Box())
            case ev.AgentLeft(agent=agent):
                self._check_all_done(agent)
            case _:
                if isinstance(event, _Step):
                    self._step(event)

    def end(self) -> None:
        """Check that nothing is left of messages for those who have left."""
        for number in self._boxes:
            if self._agents.has_left(number):
                self._check_all_done(number)

    def _check_all_done(self, agent: int) -> None:
        for letter in self._letters.values():
            if agent in {letter.offer.dst, letter.handler} and not letter.done:
                self._blame(letter.offer, f"it has not ended when {agent} left")

    def _step(self, event: _Step) -> None:
        letter = self._letters.get(event.message)
        if letter is None:
            if not self._lost:
                self._blame(event, f"message {event.message} was never offered")
            return
        match event:
            case ev.MessageWaits():
                self._move(event, letter, {"offered"}, "waiting")
            case ev.MessageAccepted():
                self._move(event, letter, {"offered", "waiting"}, "accepted")
                self._put(event, letter, self._boxes[letter.offer.dst])
            case ev.MessageBegun(agent=agent):
                self._move(event, letter, {"accepted"}, "begun")
                self._begin(event, letter, agent)
            case ev.MessagePostponed():
                self._move(event, letter, {"begun"}, "accepted")
                self._turns.pop(letter.handler or 0, None)
            case ev.MessageEnded(fate=fate):
                self._end(event, letter, fate)
            case ev.AskAnswered() | ev.AskLeft():
                if not letter.asked:
                    self._blame(event, "nobody waits for an answer")
                letter.asked = False

    def _move(self, event: _Step, letter: Letter, was: set[str], becomes: str) -> None:
        if letter.stage not in was:
            self._blame(event, f"message {event.message} was {letter.stage}")
        letter.stage = becomes

    def _put(self, event: ev.MessageAccepted, letter: Letter, box: Box) -> None:
        """In a queue, the line at the door goes on in the box."""
        if letter.offer.src is None:  # it comes from the agent itself
            return
        if event.message < box.newest:
            self._blame(event, f"message {box.newest} came later, and was before it")
        box.newest = max(box.newest, event.message)
        if not box.giving_up:
            letter.place = len(box.accepted)
        box.giving_up = False
        box.accepted.append(letter)

    def _begin(self, event: ev.MessageBegun, letter: Letter, agent: int) -> None:
        figure = self._agents.on_stage(event, agent)
        if figure is not None and (figure.to_leave or not figure.ready):
            self._blame(event, f"agent {agent} is not to handle anything")
        if agent in self._turns:
            other = self._turns[agent].offer.message
            self._blame(event, f"agent {agent} still handles message {other}")
        dst = letter.offer.dst
        if dst not in {agent, self._pools.get(agent)} and not self._lost:
            self._blame(event, f"it was for {dst}")
        letter.handler, self._turns[agent] = agent, letter
        box = self._boxes[dst]
        if letter.place is None or self._lost or dst in self._pools.values():
            return
        if letter.place < box.turn:
            self._blame(event, "what was accepted later has been begun before")
        box.turn, letter.place = letter.place, None  # if it comes again, out of turn

    def _end(self, event: ev.MessageEnded, letter: Letter, fate: str) -> None:
        was = _FROM[fate] | {"accepted"} if self._lost else _FROM[fate]
        if letter.stage == "begun" and letter.handler is not None:
            self._turns.pop(letter.handler, None)
        self._move(event, letter, was, "ended")
        if fate == "dropped":
            self._give_up(letter, self._boxes[letter.offer.dst])
        figure = self._agents.figure(letter.handler)
        failure = None if figure is None else figure.failure
        known = None if failure is None or fate != "failed" else failure.error
        if event.error != known and not self._lost:
            self._blame(event, f"its error is {event.error}, the agent's {known}")

    def _give_up(self, letter: Letter, box: Box) -> None:
        """Perhaps it gives its place to the one accepted before, or after it."""
        if box.accepted and box.accepted[-1] is not letter:
            box.accepted[-1].place = None
            box.giving_up = True

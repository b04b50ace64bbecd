"""Bugs in asking several, and the laws that have to find them."""

from bugs import Bug

from exeunt.consulting import _Consultation

BUGS = [
    Bug(
        "the losers are waited for, but not cancelled",
        "consulting: the first answers win",
        _Consultation.hold,
        "nursery.cancel_scope.cancel()",
        "pass",
    ),
    Bug(
        "what is there is lost to a cancellation while the losers leave",
        "consulting: exactly what was promised",
        _Consultation.hold,
        "nursery.cancel_scope.shield = True",
        "pass",
        rare=True,
    ),
    Bug(
        "an answer is counted before it is judged",
        "consulting: exactly what was promised",
        _Consultation._answered,
        "self.answers.append(answer)",
        "self.answers.append(answer); self.accepted.append(answer)",
    ),
    Bug(
        "that it cannot be reached is noticed one ask too late",
        "consulting: exactly what was promised",
        _Consultation._gather,
        "if len(self.accepted) + self.pending + len(self.to_ask) < self.count:",
        "if not self.pending and not self.to_ask:",
        rare=True,
    ),
    Bug(
        "a failed ask is waited out before the next one is asked",
        "consulting: a hedge asks in time",
        _Consultation._gather,
        "if report():",
        "if report() or self.pending:",
        rare=True,
    ),
    Bug(
        "a hedge waits for each ask twice as long as for the one before",
        "consulting: a hedge asks in time",
        _Consultation._gather,
        "self.after if self.to_ask else inf",
        "self.after * self.pending if self.to_ask else inf",
    ),
]

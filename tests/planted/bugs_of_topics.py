"""Bugs in topics."""

from bugs import Bug

from exeunt.topics import queue

BUGS = [
    Bug(
        "the line is not let in when there is room, so that others get in before it",
        "topics: one order",
        queue.Queue.take_out,
        "self.mailbox.admit()",
        "pass",
    ),
    Bug(
        "a publisher that gives up is not in the lag",
        "topics: all accounted for",
        queue._Place._leave,
        "self.queue.lose(self.message)",
        "pass",
    ),
    Bug(
        "publishing does not wait for room",
        "topics: lossless",
        queue.Publication.arrive,
        "if not self.places:",
        "if True:",
    ),
    Bug(
        "a subscription that is left tells its publishers that the topic was closed",
        "topics: nobody told lies",
        queue.Queue.end,
        "place.give_up()",
        "pass",
        rare=True,
    ),
    Bug(
        "a subscription that keeps the latest makes its publishers wait",
        "topics: nobody held up",
        queue.Queue.__init__,
        'if setting.overflow == "latest":',
        "if False:",
    ),
]

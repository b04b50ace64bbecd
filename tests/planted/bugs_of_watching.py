"""Bugs in watching ends, and the law that has to find them."""

from bugs import Bug

from exeunt._core import lane, life

_LAW = "28 watchers by message"

BUGS = [
    Bug(
        "an end that is past when the watch begins is not told",
        _LAW,
        life.Life.look_at,
        "notice.release()",
        "pass",
    ),
    Bug(
        "who watches again is told twice",
        _LAW,
        life.Life.look_at,
        "self.look_away(handle)",
        "pass",
    ),
    Bug(
        "what has ended is told in spite of unwatch",
        _LAW,
        lane.Notice.forget,
        "self._watcher.side().notices.pop(self, None)",
        "pass",
    ),
    Bug(
        "an end takes up room in the mailbox",
        _LAW,
        lane.Notice.release,
        "self._watcher.side().notices[self] = None",
        "self._watcher.mailbox.waiting < self._watcher.mailbox.capacity"
        " and self._watcher.side().notices.update({self: None})",
    ),
]

"""What has been done, written down before anything is built on it."""

from .journal import Journal
from .lines import BadJournal, Record
from .storing import CannotRemember, JournalInUse

__all__ = ["BadJournal", "CannotRemember", "Journal", "JournalInUse", "Record"]

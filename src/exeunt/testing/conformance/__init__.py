"""The laws of exeunt as functions: bring an agent or a mailbox of your own."""

from .agents import check_agent
from .mailboxes import check_mailbox
from .report import Conformance, Kept, LawBroken

__all__ = ["Conformance", "Kept", "LawBroken", "check_agent", "check_mailbox"]

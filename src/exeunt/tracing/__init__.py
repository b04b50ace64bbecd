"""What happens in a run: recorded, and read as a stream of typed events."""

from .lines import Header
from .record import record
from .recorder import Recorder, note
from .recording import Recording

__all__ = ["Header", "Recorder", "Recording", "note", "record"]

"""The player: one page on which a run is stepped through, beside its source."""

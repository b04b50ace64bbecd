"""Data and decisions: no Trio, no clock, no I/O."""

"""An order of steps, and a run of Trio that takes it."""

"""Four probes, each run on exeunt and on frameworks for agents that ask models."""

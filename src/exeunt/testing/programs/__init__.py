"""Programs of a few clients of one agent: run, held against a model, printed."""

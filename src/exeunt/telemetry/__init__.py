"""Runs, told to the tools that watch programs: one file for each kind of tool.

``logs`` writes lines with structured fields, ``prometheus`` counts, and ``otel`` makes
spans. All are folds over the typed events of a recording: feed them once, with the
whole of it, or while the run goes on, with what is new each time. ``otel`` also has a
way to follow a run in the instant, so that the spans of your own handlers nest.
"""

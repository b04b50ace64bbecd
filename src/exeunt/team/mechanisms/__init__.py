"""What makes mediocre workers good: decisions and their arithmetic, and nothing else.

From an answer to a verdict: `extracting` finds the code, `redflags` says why it is not
worth a try, `probes` and `clusters` compare what candidates do, `voting` and `gating`
say how far a choice can be trusted, `mutants` how far a gate can, `stopping` when it is
enough and `pricing` who is next. `admission` says whether there is room for more work;
`overload` shows what happens without it. `binomials` counts for them all.
"""

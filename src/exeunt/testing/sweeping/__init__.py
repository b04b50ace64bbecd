"""How sweeps are made: blow after blow, run after run, with the books checked."""

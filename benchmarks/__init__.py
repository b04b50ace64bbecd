"""Side-by-side runs of exeunt, the hand-written Trio loop, and the peers."""

"""One agent on Trio."""

"""The picture of a run, as one standalone SVG."""

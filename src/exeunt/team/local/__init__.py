"""Small real models on this machine: which there are, how they come here, and serving.

From a name to an address: `catalogue` says which weights there are, `fetching` brings
them here, `store` knows where they lie, and `serving` answers with them.
"""

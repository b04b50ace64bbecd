"""Several equal agents behind one handle.

From the ground up: `sharing` is one mailbox that many take from; `seats` keeps the
messages of a key together; `company` has the workers, and `pool` is what users start.
"""

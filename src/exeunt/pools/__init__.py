"""Several equal agents behind one handle.

From the ground up: `sharing` is one mailbox that many take from; `seats` keeps the
messages of a key together; `pool` is what users start.
"""

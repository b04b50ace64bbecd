"""Topics: one publishes, many listen, each at its own pace.

From the ground up: `queue` lies between a topic and one listener; `subscription` is
what the listener holds of it, and `topic` what publishers hold.
"""

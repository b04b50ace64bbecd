"""Pictures and stories of a run: pure folds over its events."""

from .svg.picture import picture, places

__all__ = ["picture", "places"]

"""Refusals of the app."""

from compliance.errors.watchlists import WatchlistBusy, WatchlistKnown, WatchlistOlder, WatchlistShrinks, WatchlistVersionNotFound

__all__ = ["WatchlistBusy", "WatchlistKnown", "WatchlistOlder", "WatchlistShrinks", "WatchlistVersionNotFound"]

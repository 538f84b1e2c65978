"""Rows of the app."""

from compliance.models.watchlist import (
    RefusedRow,
    Watchlist,
    WatchlistEntry,
    WatchlistFile,
    WatchlistVersion,
    WatchlistVersionFile,
)

__all__ = ["RefusedRow", "Watchlist", "WatchlistEntry", "WatchlistFile", "WatchlistVersion", "WatchlistVersionFile"]

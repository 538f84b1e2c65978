"""Rows of the app."""

from compliance.models.report import Report, ReportBatch
from compliance.models.watchlist import (
    RefusedRow,
    Watchlist,
    WatchlistEntry,
    WatchlistFile,
    WatchlistVersion,
    WatchlistVersionFile,
)

__all__ = [
    "RefusedRow",
    "Report",
    "ReportBatch",
    "Watchlist",
    "WatchlistEntry",
    "WatchlistFile",
    "WatchlistVersion",
    "WatchlistVersionFile",
]

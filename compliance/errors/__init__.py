"""Refusals of the app."""

from compliance.errors.reports import (
    BatchAnswered,
    BatchDiffers,
    BatchNotFound,
    NoTransmitter,
    PriorNotFiled,
    ReportAltered,
    ReportIncomplete,
    ReportNotDraft,
    ReportNotFound,
)
from compliance.errors.watchlists import WatchlistBusy, WatchlistKnown, WatchlistOlder, WatchlistShrinks, WatchlistVersionNotFound

__all__ = [
    "BatchAnswered",
    "BatchDiffers",
    "BatchNotFound",
    "NoTransmitter",
    "PriorNotFiled",
    "ReportAltered",
    "ReportIncomplete",
    "ReportNotDraft",
    "ReportNotFound",
    "WatchlistBusy",
    "WatchlistKnown",
    "WatchlistOlder",
    "WatchlistShrinks",
    "WatchlistVersionNotFound",
]

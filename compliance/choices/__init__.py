"""Closed vocabularies of the app."""

from compliance.choices.reports import ReportKind, ReportState
from compliance.choices.watchlists import EntryChange, ListedKind, ListKind

__all__ = [
    "EntryChange",
    "ListKind",
    "ListedKind",
    "ReportKind",
    "ReportState",
]

"""Closed vocabularies of the app."""

from compliance.choices.reports import ReportKind, ReportState

__all__ = ["ReportKind", "ReportState"]

"""Rows of the app."""

from compliance.models.report import Report, ReportBatch

__all__ = ["Report", "ReportBatch"]

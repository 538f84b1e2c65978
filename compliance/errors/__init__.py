"""Refusals of the app."""

from compliance.errors.reports import (
    BatchAnswered,
    BatchDiffers,
    BatchNotFound,
    NoTransmitter,
    PriorNotFiled,
    ReportIncomplete,
    ReportNotDraft,
    ReportNotFound,
)

__all__ = [
    "BatchAnswered",
    "BatchDiffers",
    "BatchNotFound",
    "NoTransmitter",
    "PriorNotFiled",
    "ReportIncomplete",
    "ReportNotDraft",
    "ReportNotFound",
]

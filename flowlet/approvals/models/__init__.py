"""Rows of the app."""

from flowlet.approvals.models.approval import Approval

__all__ = ["Approval"]

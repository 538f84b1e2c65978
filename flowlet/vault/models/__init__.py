"""Rows of the app."""

from flowlet.vault.models.subject_key import SubjectKey

__all__ = ["SubjectKey"]

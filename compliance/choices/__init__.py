"""Closed vocabularies of the app."""

from compliance.choices.watchlists import EntryChange, ListedKind, ListKind

__all__ = ["EntryChange", "ListKind", "ListedKind"]

"""Events of the app; the audit uses the same words. ``data`` holds ids, states and figures, never personal data."""

# Inside the platform only.
WATCHLIST_IMPORTED = "compliance.watchlist.imported"

"""Watchlists in their publishers' formats: what every list is read into (`entries`), and one reader per publisher."""

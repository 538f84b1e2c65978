"""The books under /v1: accounts, journals, reports, exchange rates."""

"""Endpoints of what lies below the API's toolkit: the feed of events."""

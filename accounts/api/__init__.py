"""The endpoints of the app under /v1."""

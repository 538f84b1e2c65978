"""Endpoints of the app: for partners under /v1, for providers under /webhooks."""

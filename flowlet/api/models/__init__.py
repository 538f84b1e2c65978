"""Rows of the toolkit."""

from flowlet.api.models.record import IdempotencyRecord

__all__ = ["IdempotencyRecord"]

"""Rows of the app."""

from flowlet.audit.models.block import Block
from flowlet.audit.models.record import Record

__all__ = ["Block", "Record"]

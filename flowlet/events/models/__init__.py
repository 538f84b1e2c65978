"""Rows of the app."""

from flowlet.events.models.delivery import Delivery
from flowlet.events.models.event import Event

__all__ = ["Delivery", "Event"]

"""Fixtures of the roof's tests."""

from flowlet.site.tests.api_world import world

__all__ = ["world"]

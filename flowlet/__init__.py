"""Flowlet: the open back office of embedded finance."""

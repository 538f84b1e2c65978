"""Maker and checker."""

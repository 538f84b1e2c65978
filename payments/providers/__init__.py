"""Vendors and formats of the rails: no database, no Django models."""

"""Payments in the partner API."""

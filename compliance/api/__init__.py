"""Endpoints for partners."""

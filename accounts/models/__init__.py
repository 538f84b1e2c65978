"""Rows of the app."""

from accounts.models.partner import Partner
from accounts.models.user import User

__all__ = ["Partner", "User"]

"""Rows of the app."""

from accounts.models.api_key import ApiKey
from accounts.models.customer import Customer
from accounts.models.partner import Partner
from accounts.models.user import User

__all__ = ["ApiKey", "Customer", "Partner", "User"]

"""Rows of the app."""

from accounts.models.api_key import ApiKey
from accounts.models.authentication import AuthenticationChallenge, AuthenticationFactor, LowValueCount, TrustedPayee
from accounts.models.customer import Customer
from accounts.models.partner import Partner
from accounts.models.user import User

__all__ = [
    "ApiKey",
    "AuthenticationChallenge",
    "AuthenticationFactor",
    "Customer",
    "LowValueCount",
    "Partner",
    "TrustedPayee",
    "User",
]

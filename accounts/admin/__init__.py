"""The pages of the app in the back office."""

from accounts.admin import customers, keys, partners, users

__all__ = ["customers", "keys", "partners", "users"]

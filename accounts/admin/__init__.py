"""The pages of the app in the back office."""

from accounts.admin import customers, factors, keys, lockouts, partners, users

__all__ = ["customers", "factors", "keys", "lockouts", "partners", "users"]

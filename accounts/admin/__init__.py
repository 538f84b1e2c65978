"""The pages of the app in the back office."""

from accounts.admin import authentication, customers, factors, keys, lockouts, partners, users

__all__ = ["authentication", "customers", "factors", "keys", "lockouts", "partners", "users"]

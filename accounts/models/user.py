"""People who sign in: staff, and partners' developers."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from accounts.models.partner import Partner
from flowlet.db.models import Identified, Timestamped


class UserManager(BaseUserManager["User"]):
    """Makes users; the e-mail address is the login, lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a user with an argon2 hash of ``password``, or with no usable password."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Identified, Timestamped, AbstractBaseUser, PermissionsMixin):
    """One row is one person who can sign in. Staff have no partner; a partner's developer has one."""

    PREFIX = "usr"
    USERNAME_FIELD = "email"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="may enter the back office")

    objects = UserManager()

    def __str__(self) -> str:
        return self.email

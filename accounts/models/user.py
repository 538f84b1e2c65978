"""People who sign in: staff, and partners' developers."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts import roles
from accounts.choices import Role
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

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user who signs in with this address, however it is capitalised."""
        return self.get(email=(username or "").lower())


class User(Identified, Timestamped, AbstractBaseUser):
    """One row is one person who can sign in. Staff have no partner; a partner's developer has one.

    Django's groups and permission rows are not used: ``roles`` name what is granted in ``accounts.roles``, so that a right is a
    reviewed line of code, and there is no superuser who may do everything.
    """

    PREFIX = "usr"
    USERNAME_FIELD = "email"
    is_superuser = False

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="may enter the back office")

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
            models.CheckConstraint(condition=Q(is_staff=False) | Q(partner=None), name="staff_belong_to_no_partner"),
            models.CheckConstraint(condition=Q(roles__contained_by=list(Role.values)), name="user_roles_are_known"),
        ]

    def __str__(self) -> str:
        return self.email

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Whether one of the roles grants ``perm``, such as ``accounts.view_customer``."""
        return roles.has_permission(self, perm)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Whether the roles grant all of them."""
        return all(self.has_perm(perm) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the roles grant anything in the app."""
        return roles.has_any_permission(self, app_label)

    def get_all_permissions(self, obj: object = None) -> set[str]:
        """Every grant of the roles, patterns included."""
        return set(roles.permissions_of(self))

    @property
    def role(self) -> str:
        """The roles in words, as audit labels show them."""
        return self.role_labels

    @property
    def role_labels(self) -> str:
        """The roles in words, for screens and audit labels."""
        return ", ".join(Role(role).label for role in self.roles)

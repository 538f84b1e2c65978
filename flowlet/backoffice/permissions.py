"""Who may: one question. The roles' own page of code answers it through the user (``user.has_perm``), without a query."""

from typing import Any


def allows(user: Any, permission: str) -> bool:
    """Whether this person holds ``app.verb_noun``. Without a name nobody does; an inactive person holds none."""
    return bool(permission) and bool(getattr(user, "is_active", False)) and bool(user.has_perm(permission))

"""Who may: one question, answered by whoever knows the roles.

The toolkit lies below the app that knows the staff's roles, so the roof hands the answer in with ``use``. Until then Django's own
``user.has_perm`` answers.
"""

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str], bool]


def _django(user: Any, permission: str) -> bool:
    return bool(user.has_perm(permission))


_check: Check = _django


def use(check: Check) -> None:
    """Let ``check(user, "app.verb_noun")`` answer from now on."""
    global _check
    _check = check


def allows(user: Any, permission: str) -> bool:
    """Whether this person holds the permission. Without a name nobody does; an inactive person holds none."""
    return bool(permission) and bool(getattr(user, "is_active", False)) and _check(user, permission)

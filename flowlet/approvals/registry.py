"""Which kinds of request exist, and who may make and check them.

An app registers its kinds in ``ready()``::

    registry.kind(
        "wallets.change_limit",
        label="Change a limit",
        maker_permission="wallets.request_limit_change",
        checker_permission="wallets.approve_limit_change",
        execute=limits.apply_change,
        describe=limits.describe_change,
    )
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from flowlet.approvals.errors import UnknownKind
from flowlet.core.actors import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from flowlet.approvals.models import Approval


class Execute(Protocol):
    """Carries a request out, in the transaction of its approval.

    A DomainError refuses: everything is rolled back and the request keeps waiting. ``errors.Obsolete`` ends it as FAILED.
    """

    def __call__(self, *, approval: "Approval", actor: Actor, at: "datetime") -> Any:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What can be asked for. ``exclusive``: one open request per subject. ``describe``: label → value, what the checker sees."""

    name: str
    label: str
    maker_permission: str
    checker_permission: str
    execute: Execute
    describe: Callable[["Approval"], Mapping[str, str]]
    expires_after: timedelta
    exclusive: bool


_kinds: dict[str, Kind] = {}
_permission_lookup: Callable[[Actor, Collection[str]], Collection[str]] | None = None


def kind(
    name: str,
    *,
    label: str,
    maker_permission: str,
    checker_permission: str,
    execute: Execute,
    describe: Callable[["Approval"], Mapping[str, str]],
    expires_after: timedelta = timedelta(days=7),
    exclusive: bool = True,
) -> Kind:
    """Register a kind under ``name`` (dotted, unique, never renamed)."""
    if not maker_permission or not checker_permission:
        raise ValueError(f"{name}: a kind names the permission to make and the permission to check.")
    if expires_after <= timedelta(0):
        raise ValueError(f"{name}: expires_after is positive.")
    found = Kind(
        name=name,
        label=label,
        maker_permission=maker_permission,
        checker_permission=checker_permission,
        execute=execute,
        describe=describe,
        expires_after=expires_after,
        exclusive=exclusive,
    )
    known = _kinds.get(name)
    if known is not None and known != found:
        raise ValueError(f"Two kinds of request are called {name}.")
    _kinds[name] = found
    return found


def kinds() -> list[Kind]:
    """All kinds, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def find(name: str) -> Kind:
    """The kind of this name. Raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"There is no kind of request called {name}.", param="kind") from None


def set_permission_lookup(lookup: Callable[[Actor, Collection[str]], Collection[str]] | None) -> None:
    """Say how permissions are looked up: ``lookup(actor, names)`` answers those that the actor holds. The people live above."""
    global _permission_lookup
    _permission_lookup = lookup


def permitted(actor: Actor, permissions: Collection[str]) -> frozenset[str]:
    """Those of the permissions that the actor holds, by one look; none until a lookup is set."""
    return frozenset() if _permission_lookup is None else frozenset(_permission_lookup(actor, permissions))


def is_permitted(actor: Actor, permission: str) -> bool:
    """Whether the actor holds the permission."""
    return permission in permitted(actor, [permission])

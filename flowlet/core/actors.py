"""Who acts: handed to every service as ``actor``."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What sort of actor it is."""

    STAFF = "staff"
    API_KEY = "api_key"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """An acting person, key or process.

    ``id`` is a public id (``usr_…``, ``key_…``, ``cus_…``) or, for the system, the name of the task or command. ``label``
    is safe to show and to log: a role or key name, never personal data. ``ip`` and ``request_id`` are empty outside requests.
    """

    kind: ActorKind
    id: str
    label: str = ""
    ip: str = ""
    request_id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def system(name: str) -> Actor:
    """The platform itself, acting in the task or command ``name``."""
    return Actor(kind=ActorKind.SYSTEM, id=name, label=name)

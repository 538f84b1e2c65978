"""Who acted, as people read it."""

from collections.abc import Iterable
from typing import Any

from accounts.selectors import staff
from flowlet.backoffice import cells


def named(actors: Iterable[str]) -> dict[str, Any]:
    """Each actor, such as ``staff:usr_…``: staff by role, with a link. One query."""
    texts = {text for text in actors if text}
    users = staff.behind(texts)
    return {text: cells.actor(text, users.get(text)) for text in texts}


def one(actor: str) -> Any:
    """The same for one; a dash for nobody."""
    return named([actor]).get(actor, cells.DASH)

"""What moves wallets from above: apps of upper storeys say here which journals are theirs, what people call them, and what causes them.

Wallets know nothing of these apps. Each registers once, in its ``ready()``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.db.models import QuerySet

_LABELS: Final[dict[str, str]] = {}
_MODELS: Final[dict[str, Any]] = {}
_JOURNALS: Final[dict[Any, Callable[[QuerySet], QuerySet]]] = {}


def register(model: Any, *, labels: Mapping[str, str], journals: Callable[[QuerySet], QuerySet]) -> None:
    """Journals of the kinds in ``labels`` are of type PAYMENT and called so; their cause is a ``model``, which has a public id, a partner,
    and what was written of it (external id, description, metadata). ``journals`` makes of a query for such rows one for the keys of their
    journals.
    """
    _LABELS.update(labels)
    _MODELS[model.PREFIX] = model
    _JOURNALS[model] = journals


def kinds() -> list[str]:
    """The kinds of journals that were registered."""
    return list(_LABELS)


def label(kind: str) -> str:
    """What people call a journal of the kind; "" for one that nobody registered."""
    return _LABELS.get(kind, "")


def models() -> Iterable[Any]:
    """What causes them."""
    return _MODELS.values()


def journals_of(rows: QuerySet) -> QuerySet:
    """The keys of the journals that the rows, of a registered model, caused."""
    return _JOURNALS[rows.model](rows)


def of(cause: str) -> Any | None:
    """The cause with that public id, not read from the database, to link to; None for what nobody registered."""
    model = _MODELS.get(cause.partition("_")[0])
    return model(pk=model.key(cause)) if model else None

"""Files and messages that lie under the keyring, as one of them may name many people: they do not go with a customer's key.

An app lists its papers; whoever knows the law says of which day and before nothing wants them kept, and calls ``purge``. What a paper says
is emptied then, here and in its parts, and the audit says so. Its row stays, with digest, figures and states; and a paper that something
still waits for stays whole.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from flowlet.audit.services import log
from flowlet.audit.services.log import NewRecord
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.db.models import Identified


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of ``model`` that say more of a paper, to which ``way`` leads; ``sealed`` is what they say."""

    name: str
    model: type[Any]
    way: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """``sealed`` is what rows of ``model`` say, ``made`` the moment from which they are kept, ``blank`` what else is emptied with it. Rows
    that are not ``only`` are needed still. ``chunk`` rows go in one transaction.
    """

    name: str
    model: type[Identified]
    made: str
    sealed: str = "sealed"
    blank: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    only: Q = field(default_factory=Q)
    chunk: int = 200


def purge(
    papers: Sequence[Paper], *, until: date, action: str, reason: str, actor: Actor, at: datetime, dry_run: bool = False
) -> Counter[str]:
    """Empty the papers that were made on the day ``until`` or before; answers how many of which sort. With ``dry_run`` it is only counted.

    A second call finds nothing to do, and records nothing.
    """
    counts: Counter[str] = Counter()
    for paper in papers:
        keys = list(_due(paper, until).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), paper.chunk):
            chunk = keys[start : start + paper.chunk]
            counts += _counted(paper, chunk) if dry_run else _empty(paper, chunk, until, action, reason, actor, at)
    return counts


def _due(paper: Paper, until: date) -> QuerySet:
    rows = paper.model._default_manager.filter(paper.only, **{f"{paper.made}__date__lte": until})
    return rows.exclude(**{paper.sealed: None})


def _counted(paper: Paper, keys: Sequence[UUID]) -> Counter[str]:
    counts = Counter({paper.name: len(keys)})
    for part in paper.parts:
        counts[part.name] += _of(part, keys).count()
    return +counts


@transaction.atomic
def _empty(
    paper: Paper, chunk: Sequence[UUID], until: date, action: str, reason: str, actor: Actor, at: datetime
) -> Counter[str]:
    # Asked again under their locks: something may have begun to wait for one of them.
    list(paper.model._default_manager.select_for_update(no_key=True).filter(pk__in=chunk).order_by("pk").values_list("pk"))
    keys = list(_due(paper, until).filter(pk__in=chunk).order_by("pk").values_list("pk", flat=True))
    counts: Counter[str] = Counter()
    for part in paper.parts:
        counts[part.name] += _of(part, keys).update(**{part.sealed: None})
    counts[paper.name] += paper.model._default_manager.filter(pk__in=keys).update(**{paper.sealed: None}, **paper.blank)
    deeds = [NewRecord(action=action, target=ids.public_id(paper.model.PREFIX, key), reason=reason) for key in keys]
    log.record_many(deeds, actor=actor, at=at)
    return +counts


def _of(part: Part, keys: Sequence[UUID]) -> QuerySet:
    return part.model._default_manager.filter(**{f"{part.way}__in": keys}).exclude(**{part.sealed: None})

"""What partners and banks wrote of customers into rows that stay: it goes once the data of everybody whom a row is about were deleted.

An app lists its columns as traces and calls ``forget`` when a customer was erased. A row of two customers, such as a transfer, keeps its
words until the second of them is erased as well. Its amounts, states and ids stay.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q

from accounts.models import Customer
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.vault.models import SubjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Columns of ``model``, and what stands in them afterwards. ``ways`` lead to the customers whom a row is about; of an optional one
    nobody may stand there. Rows that are not ``only`` keep theirs.
    """

    name: str
    model: type[Model]
    ways: tuple[str, ...]
    blank: Mapping[str, Any]
    only: Q = field(default_factory=Q)


@transaction.atomic
def forget(traces: Sequence[Trace], *, customer_id: UUID, action: str, actor: Actor, at: datetime) -> Counter[str]:
    """Empty what is left of an erased customer; answers how many rows of which sort, as the audit's ``action`` says too.

    A second call finds nothing to do, and records nothing.
    """
    counts: Counter[str] = Counter()
    for trace in traces:
        about = reduce(or_, (Q(**{way: customer_id}) for way in trace.ways))
        gone = reduce(and_, (Q(**{way: None}) | Exists(_erased(way)) for way in trace.ways))
        rows = trace.model._default_manager.filter(about & gone & trace.only).exclude(**trace.blank)
        counts[trace.name] += rows.update(**trace.blank)
    counts = +counts
    if counts:
        customer = Customer.objects.only("partner_id").get(pk=customer_id)
        target = ids.public_id(Customer.PREFIX, customer_id)
        log.record(action=action, actor=actor, at=at, target=target, partner_id=customer.partner_id, after={"forgotten": counts})
    return counts


def _erased(way: str) -> Any:
    return SubjectKey.objects.filter(subject_id=OuterRef(way), erased_at__isnull=False)

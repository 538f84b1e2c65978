"""Whether due diligence says what the audit tells of it: what was answered item by item, and what was decided."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from accounts.models import Customer
from compliance import events
from compliance.choices import DiligenceAnswer, DiligenceState
from compliance.models import DueDiligence, DueDiligenceItem
from compliance.services.due_diligence import digest_of
from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.core import ids

_OPENED, _ANSWERED, _DECIDED = events.DILIGENCE_OPENED, events.DILIGENCE_ANSWERED, events.DILIGENCE_DECIDED
_ENDS: Final = (DiligenceState.ACCEPTED, DiligenceState.DECLINED)


def differences() -> Iterator[str]:
    """What was answered, decided, taken back or removed behind the services."""
    for rows in told.chunks(DueDiligence.objects.order_by("pk").iterator(told.CHUNK)):
        steps = told.deeds(rows, (_OPENED, _ANSWERED, _DECIDED))
        answers, items = _answers(rows), _items(rows)
        for row in rows:
            done = steps.get(row.public_id, {})
            if _OPENED not in done:
                yield f"{row.public_id} is there, and nobody opened it."
                continue
            yield from _of(row, done)
            if not _says_what_was_answered(items[row.pk], answers[row.public_id]):
                yield f"{row.public_id} does not say what was answered."
    yield from (f"{name} was opened, and is not there any more." for name in told.gone(DueDiligence, _OPENED))


def _of(row: DueDiligence, done: Mapping[str, Record]) -> Iterator[str]:
    decided, answered, last = done.get(_DECIDED), done.get(_ANSWERED), told.newest(done)
    customer = ids.public_id(Customer.PREFIX, row.customer_id)
    if decided is None and row.state in _ENDS:
        yield f"{row.public_id} is {row.state.lower()}, and nobody decided so."
    elif decided is not None and row.state not in _ENDS:
        yield f"{row.public_id} was decided, and is not any more."
    elif decided is not None and not (
        told.agrees(decided, state=row.state) and told.done(decided) == (row.decided_by, row.decided_at, row.decision)
    ):
        yield f"{row.public_id} does not say what was decided."
    elif not told.agrees(last, state=row.state, customer=customer) or row.prepared_by != (told.who(answered) if answered else ""):
        yield f"{row.public_id} does not stand as it is told."


def _answers(rows: Sequence[DueDiligence]) -> dict[str, dict[str, Record]]:
    """The last answer to each item, by the due diligence that it is of."""
    found: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in told.records((row.public_id for row in rows), (_ANSWERED,)):
        found[record.target][(record.after or {}).get("item", "")] = record
    return found


def _items(rows: Sequence[DueDiligence]) -> dict[object, dict[str, DueDiligenceItem]]:
    found: dict[object, dict[str, DueDiligenceItem]] = defaultdict(dict)
    for item in DueDiligenceItem.objects.filter(diligence__in=rows):
        found[item.diligence_id][item.key] = item
    return found


def _says_what_was_answered(items: Mapping[str, DueDiligenceItem], answers: Mapping[str, Record]) -> bool:
    if not set(answers) <= set(items):
        return False
    return all(_is_as_told(item, answers.get(key)) for key, item in items.items())


def _is_as_told(item: DueDiligenceItem, answer: Record | None) -> bool:
    if answer is None:
        return (item.answer, item.answered_by, item.answered_at) == (DiligenceAnswer.OPEN, "", None)
    is_same = told.agrees(answer, answer=item.answer, digest=digest_of(item))
    return is_same and (told.who(answer), answer.at) == (item.answered_by, item.answered_at)

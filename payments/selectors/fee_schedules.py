"""Which fee schedules count."""

from datetime import datetime
from uuid import UUID

from payments.models import FeeSchedule

# As SQL: every payment asks it, and to put it together anew costs more than to answer it.
_LATEST = """
SELECT DISTINCT ON (partner_id, rail, kind) * FROM payments_feeschedule
 WHERE (partner_id = %s OR partner_id IS NULL) AND currency = %s AND valid_from <= %s AND rail IN ('', %s) AND kind IN ('', %s)
 ORDER BY partner_id, rail, kind, valid_from DESC, id DESC"""


def schedule_for(*, partner_id: UUID, rail: str, kind: str, currency: str, at: datetime) -> FeeSchedule | None:
    """The schedule that counts for a payment at the moment ``at``; None where nothing is charged. One query."""
    latest = FeeSchedule.objects.raw(_LATEST, [partner_id, currency, at, rail, kind])
    own_first = sorted(latest, key=lambda row: (row.partner_id is not None, row.rail != "", row.kind != ""), reverse=True)
    return next((row for row in own_first if row.terms is not None), None)

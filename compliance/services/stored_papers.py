"""Files to and from banks, statements of our accounts and documents of breaks, in their own time.

They name many people, so they lie under the keyring and go with nobody's key. They are records of what was moved: five years after they
were made, the longest that a clock runs for such a record, nothing wants them kept, and rows, digests and amounts say what there was. They
do not say whom they are about, so any legal hold that stands keeps them all.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from accounts.choices import Retention
from accounts.services import papers
from compliance import events
from compliance.policies.retention import CLOCKS
from compliance.policies.risk import years_later
from flowlet.core.actors import Actor
from ledger.services.papers import PAPERS as OF_LEDGER
from payments.services.papers import PAPERS as OF_PAYMENTS

REASON: Final = "No law wants the file kept any more."
YEARS: Final = max(clock.years for clock in CLOCKS[Retention.TRANSACTION])


def purge(*, held: QuerySet, actor: Actor, at: datetime, dry_run: bool = False) -> Counter[str]:
    """Empty what nothing keeps any more; answers how many of which sort. ``held`` are the customers under a hold; with ``dry_run`` it is
    only counted.
    """
    if held.exists():
        return Counter()
    until = years_later(at.date(), -YEARS)
    told = {"until": until, "action": events.DATA_DELETED, "reason": REASON, "actor": actor, "at": at}
    return papers.purge((*OF_LEDGER, *OF_PAYMENTS), dry_run=dry_run, **told)

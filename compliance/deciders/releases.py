"""Before a payment in review is let go: the hits that stopped it are decided, each as its list wants it, about sanctions by two people.

What is asked is what stands now, of both customers, owners, the other side and the text; what the verdict named has to be among it.
"""

from django.db.models import Q

from compliance import errors
from compliance.choices import SubjectKind
from compliance.models import Hit, ScreeningSubject
from compliance.policies import hits as policies
from compliance.services import standing_index
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.models import Verdict
from payments.models import Payment
from payments.services.deciding import POINT

SCREENING = "compliance.screening"


@registry.veto(SCREENING, point=POINT)
def check(payment: Payment, verdict: Verdict | None) -> None:
    """Raises HitUndecided, HitConfirmed."""
    standing = standing_index.current()
    if not standing.versions:
        return
    subjects = ScreeningSubject.objects.filter(_of(payment))
    outside = payment.external_account
    if outside is not None and not subjects.filter(kind=SubjectKind.COUNTERPARTY, screened_at__isnull=False).exists():
        raise errors.HitUndecided("The other side is being screened.")
    hits = list(Hit.objects.filter(subject__in=subjects).select_related("subject"))
    outcomes = {policies.for_payment(hit.list_kind, hit.state, hit.priority) for hit in hits}
    if Outcome.BLOCK in outcomes:
        raise errors.HitConfirmed()
    kept = {(hit.subject.kind, hit.entry) for hit in hits}
    if Outcome.REVIEW in outcomes or any(one not in kept and one[1] in standing.places for one in _stopped_by(verdict)):
        raise errors.HitUndecided()


def _of(payment: Payment) -> Q:
    customers = {payment.customer_id, payment.target_wallet.customer_id if payment.target_wallet else payment.customer_id}
    keys = [payment.public_id, *([payment.external_account.public_id] if payment.external_account else [])]
    people = Q(customer__in=customers, kind__in=[SubjectKind.CUSTOMER, SubjectKind.OWNER])
    return people | Q(key__in=keys, kind__in=[SubjectKind.COUNTERPARTY, SubjectKind.MESSAGE])


def _stopped_by(verdict: Verdict | None) -> set[tuple[str, str]]:
    """Whom the verdict found; a task keeps their hits a moment later."""
    opinions = [one for one in (verdict.opinions if verdict else ()) if one["decider"] == SCREENING]
    if not opinions or opinions[0]["outcome"] == Outcome.ALLOW:
        return set()
    found = opinions[0]["details"].get("hits", ())
    return {(hit["of"], hit["entry"]) for hit in found if policies.stops_payments(hit["list_kind"])}

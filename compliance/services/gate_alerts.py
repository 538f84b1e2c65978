"""What was stopped before money left becomes an alert, so that an officer sees it beside what the day's run finds."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from compliance.choices import AlertKind
from compliance.models import Alert
from compliance.policies.scenarios import DECIDER
from compliance.services import alerts
from flowlet.decisions.models import Verdict
from flowlet.rules.models import RuleVersion
from payments.models import Payment


@transaction.atomic
def tell(*, payment_id: UUID, at: datetime) -> list[Alert]:
    """Raise an alert for each rule that had something against the payment; none where it was somebody else who stopped it."""
    payment = Payment.objects.filter(pk=payment_id, verdict_id__isnull=False, customer__isnull=False).first()
    verdict = None if payment is None else Verdict.objects.filter(pk=payment.verdict_id).first()
    opinion = next((one for one in verdict.opinions if one["decider"] == DECIDER), None) if verdict is not None else None
    if payment is None or opinion is None:
        return []
    named = opinion["details"].get("rules", [])
    versions = {row.public_id: row for row in RuleVersion.objects.filter(pk__in=[RuleVersion.key(name) for name in named])}
    raised = []
    for name, reason in sorted(zip(named, opinion["reasons"], strict=True)):
        version = versions[name]
        raised.append(
            alerts.raise_alert(
                partner_id=payment.partner_id,
                customer_id=payment.customer_id,
                kind=AlertKind.MONITORING,
                scenario=version.name,
                priority=int(version.effect.get("priority", 50)),
                headline=reason["text"],
                evidence=[
                    alerts.Evidence(
                        key=payment.public_id,
                        headline=reason["text"],
                        facts={
                            "rule": version.public_id,
                            "version": version.number,
                            "code": version.effect.get("code", ""),
                            "outcome": opinion["outcome"],
                            "why": [reason["text"]],
                            "transactions": [payment.public_id],
                        },
                        happened_at=payment.created_at,
                        payment_id=payment.public_id,
                    )
                ],
                at=at,
            )
        )
    return raised

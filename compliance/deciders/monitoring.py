"""Before money leaves: the rules of the set ``compliance.gate`` are asked about the payment, as it will be an activity.

Local state only, a few indexed windows per rule; how many rules there are is bounded by their cost. A rule in shadow is asked too, and
what it would have said stands in the verdict's details.
"""

from datetime import datetime
from decimal import Decimal

from compliance.policies.scenarios import DECIDER, GATE
from compliance.selectors import prospects
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome, worst
from flowlet.decisions.opinions import Opinion, Reason
from flowlet.rules import selectors
from payments.models import Payment
from payments.services.deciding import POINT, PaymentFacts


@registry.decider(DECIDER, point=POINT, budget_ms=400)
def monitor(facts: PaymentFacts) -> Opinion:
    """The worst outcome of the live rules that match; what cannot be judged is let pass here and looked at in the day's run."""
    running = selectors.running(GATE)
    if not running or not facts.customer_id:
        return Opinion(outcome=Outcome.ALLOW)
    sheet = prospects.sheet(
        payment_id=Payment.key(facts.payment_id),
        amount=Decimal(facts.amount),
        currency=facts.currency,
        at=datetime.fromisoformat(facts.at),
    )
    outcome, reasons, shadow = Outcome.ALLOW, [], []
    for one in running:
        if one.rule.decide(sheet) is not True:
            continue
        if not one.has_effect:
            shadow.append(one.version.public_id)
            continue
        said = Outcome(one.version.effect.get("outcome", Outcome.REVIEW))
        why = next((finding.sentence for finding in reversed(one.rule.explain(sheet).decisive)), one.version.title)
        outcome = worst([outcome, said])
        reasons.append((said, Reason(f"monitoring.{one.version.name}", f"{one.version.title}: {why}"), one.version.public_id))
    reasons.sort(key=lambda item: item[0] != outcome)
    return Opinion(
        outcome=outcome,
        reasons=tuple(reason for _, reason, _ in reasons),
        details={"rules": [version for _, _, version in reasons], "shadow": shadow},
    )

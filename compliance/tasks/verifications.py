"""Verifications and their time: may run twice."""

from celery import shared_task

from compliance.models import Verification
from compliance.services import documents, identity_providers, verification_expiry
from flowlet.core import actors, clock


@shared_task(name="compliance.ask_provider", ignore_result=True)
def ask_provider(*, verification_id: str) -> None:
    """Ask the identity provider about a verification in review."""
    identity_providers.ask(verification_id=Verification.key(verification_id), at=clock.now())


@shared_task(name="compliance.sweep_verifications", ignore_result=True)
def sweep_verifications() -> None:
    """Open the renewal of approvals that run out soon, end what is over, ask about what nobody was asked about, drop stray files."""
    at = clock.now()
    verification_expiry.sweep(at=at, actor=actors.system("compliance.sweep_verifications"))
    identity_providers.ask_due(at=at)
    documents.sweep_strays(at=at)


BEAT = {
    "compliance-sweep-verifications": {
        "task": "compliance.sweep_verifications",
        "schedule": 3600,
        "options": {"queue": "default"},
    },
}

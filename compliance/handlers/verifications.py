"""What becomes of verifications when something has happened to their customer."""

from accounts.models import Customer
from compliance import events
from compliance.services import documents, identity_marks, traces, verification_expiry
from compliance.tasks import verifications as tasks
from flowlet.core import actors
from flowlet.events import registry
from flowlet.events.models import Event


@registry.handler("compliance.end_verifications", types=("customer.closed",))
def end_verifications(event: Event) -> None:
    """Who is served no more is not verified any further."""
    actor = actors.system("compliance.end_verifications")
    verification_expiry.end_all(
        customer_id=Customer.key(event.subject), reason="The customer was closed.", actor=actor, at=event.created_at
    )


@registry.handler("compliance.forget_identity", types=("customer.erased",))
def forget_identity(event: Event) -> None:
    """Nobody is found by what was erased, and the files of documents, which nobody can open any more, go as well."""
    identity_marks.forget(Customer.key(event.subject))
    traces.forget(Customer.key(event.subject))
    documents.erase_all(customer_id=Customer.key(event.subject))


@registry.handler("compliance.ask_provider", types=(events.VERIFICATION_SUBMITTED,))
def ask_provider(event: Event) -> None:
    """Ask the identity provider, outside of this transaction."""
    tasks.ask_provider.delay(verification_id=event.subject)

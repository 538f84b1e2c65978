"""Refusals of the providers' adapters, beside those of ``flowlet.core.outbound``."""

from flowlet.core.errors import DomainError, Invalid
from flowlet.core.outbound import OutcomeUnknown


class ProviderNotConfigured(DomainError):
    """No provider for this is set up here, so it is not offered. `details` name what is missing."""

    code, status, title = "provider.not_configured", 422, "This is not offered here"


class AmountNotCarried(Invalid):
    """The provider cannot carry the amount exactly in this currency; nothing is rounded."""

    code, title = "provider.amount_not_carried", "The provider cannot carry this amount"


class AnswerMalformed(OutcomeUnknown):
    """The provider's answer lacks what its own description promises, so what became of the call is unknown. `details` name the field."""

    code, status, title = "provider.answer_malformed", 502, "The provider's answer has the wrong form"


class WebhookForged(Invalid):
    """The signature of a provider's event is missing, wrong or too old."""

    code, title = "provider.webhook_forged", "The signature is not good"

"""Who carries a payment on a rail without files: the sandbox for sandbox partners, else the provider of the settings."""

from collections.abc import Callable

from payments import errors
from payments.choices import Rail
from payments.models import Payment
from payments.providers.gateway import Gateway
from payments.services import sandbox_bank
from payments.services.payments import is_sandbox

_live: dict[str, Callable[[Payment], Gateway | None]] = {}


def of(payment: Payment) -> Gateway:
    """The payment's gateway. Raises RailNotConfigured."""
    if is_sandbox(payment.partner_id):
        return sandbox_bank.SandboxGateway(payment.rail, payment.partner_id)
    maker = _live.get(payment.rail)
    found = maker(payment) if maker else None
    if found is None:
        raise errors.RailNotConfigured(f"No provider is configured for {Rail(payment.rail).label}.")
    return found


def register(rail: Rail, maker: Callable[[Payment], Gateway | None]) -> None:
    """Say who carries live payments of the rail; ``maker`` answers None when its settings are missing."""
    _live[rail] = maker

"""Who carries payments of a rail: the sandbox for sandbox partners, else the bank or provider of the settings."""

from collections.abc import Callable

from django.conf import settings

from accounts.choices import Mode
from accounts.models import Partner
from payments import errors
from payments.choices import Rail
from payments.models import Payment
from payments.policies import kinds
from payments.providers.gateway import Gateway
from payments.selectors.payments import is_sandbox
from payments.services import authorisations, sandbox_bank

BANKS = {Rail.ACH: "ach", Rail.SEPA_CT: "sepa", Rail.SEPA_DD: "sepa", Rail.WIRE: "wire"}
_live: dict[str, Callable[[], Gateway | None]] = {}


def of(payment: Payment) -> Gateway:
    """Who carries the payment of a rail without files. Raises RailNotConfigured, BankNotOffered."""
    if (bank := authorisations.gateway_of(payment)) is not None:
        return bank
    if is_sandbox(payment.partner_id):
        return sandbox_bank.SandboxGateway(payment.rail, payment.partner_id)
    maker = _live.get(payment.rail)
    found = maker() if maker else None
    if found is None:
        raise _missing(Rail(payment.rail))
    return found


def check(rail: Rail, *, partner: Partner) -> None:
    """Raise RailNotConfigured when nobody would carry the partner's payments of the rail; of open banking, each bank says so itself."""
    if rail == Rail.BOOK or partner.mode == Mode.SANDBOX:
        return
    if rail == Rail.OPEN_BANKING and settings.OPEN_BANKS:
        return
    if kinds.RAILS[rail].has_files:
        if BANKS[rail] not in settings.RAIL_IDENTITY:
            raise _missing(rail)
    elif (maker := _live.get(rail)) is None or maker() is None:
        raise _missing(rail)


def register(rail: Rail, maker: Callable[[], Gateway | None]) -> None:
    """Say who carries live payments of the rail; ``maker`` answers None when its settings are missing."""
    _live[rail] = maker


def _missing(rail: Rail) -> errors.RailNotConfigured:
    return errors.RailNotConfigured(f"{rail.label} is not set up for live payments.", param="rail", rail=rail.value)

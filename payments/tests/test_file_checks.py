"""What a payment is refused for when it is made is what its file would refuse: the check and the writer agree, whatever stands in it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from accounts.models import Partner
from flowlet.core import ids
from flowlet.core.errors import DomainError
from payments import errors
from payments.choices import Direction, PaymentKind, Rail
from payments.models import ExternalAccount, Mandate, Payment
from payments.models.account_details import AccountDetails, OwnerAddress
from payments.policies import references
from payments.services import files

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 18, 12, tzinfo=UTC)
IBAN = "DE89370400440532013000"
FIT = {
    "owner_name": "Grace Hopper",
    "number": "123456789",
    "address": {"street": "Main Street", "building_number": "1", "postal_code": "10001", "town": "New York", "country": "US"},
    "routing_number": "011401533",
    "bic": "",
    "holder_kind": "PERSON",
    "amount": "12.00",
    "description": "Invoice 7",
    "purpose": "",
    "same_day": False,
    "mandate": {},
}
LONG = "A" * 200
# What may stand in a field that somebody outside fills in, and what never should.
CHANGES = {
    "owner_name": ["李明", "", "0000", "Zoë Müller", LONG, "\x07", "Grace\tHopper", "~#~"],
    "number": ["", " 12", "12 ", "1" * 18, "é1", "CH9300762011623852957", "DE89370400440532013001", "US00123", "\x00"],
    "address": [
        None,
        {"town": ""},
        {"town": "李"},
        {"country": ""},
        {"country": "us"},
        {"street": LONG},
        {"building_number": LONG},
        {"postal_code": "\x07"},
        {"town": LONG},
        {"region": LONG},
    ],
    "routing_number": ["011401534", "12", "", "abcdefghi"],
    "bic": ["DEUTDEFF", "deutdeff", "X", "DEUTDEFF\x07"],
    "holder_kind": ["BUSINESS"],
    "amount": ["0.00", "0.01", "1000000.01", "99999999.99", "999999999.99", "1000000000.00", "99999999999.99"],
    "description": ["", LONG[:140], "Fête & café", "\x07", "李", "//", "  "],
    "purpose": ["PAYROLL", "PURCHASE"],
    "same_day": [True],
    "mandate": [
        {"reference": ""},
        {"reference": "A B"},
        {"reference": "/A"},
        {"reference": LONG[:40]},
        {"reference": "Ä"},
        {"signed_on": (AT + timedelta(days=30)).date()},
        {"creditor_id": ""},
        {"creditor_id": "DE00ZZZ09999999999"},
        {"scheme": "SEPA_B2B"},
        {"kind": "ONE_OFF"},
    ],
}
RAILS = {Rail.ACH: "USD", Rail.SEPA_CT: "EUR", Rail.SEPA_DD: "EUR", Rail.WIRE: "USD"}
DEBITS = {Rail.ACH, Rail.SEPA_DD}


def made(rail, direction, **values):
    """A payment that was never saved, and who holds its account."""
    values = FIT | values
    is_sepa, is_debit = RAILS[rail] == "EUR", direction == Direction.IN
    account = ExternalAccount(
        id=ids.uuid7(),
        kind="IBAN" if is_sepa else "US_BANK",
        currency=RAILS[rail],
        account_type="CHECKING",
        routing_number=values["routing_number"],
        bic=values["bic"],
        holder_kind=values["holder_kind"],
    )
    address = values["address"]
    address = OwnerAddress(**{**FIT["address"], **address}) if address is not None else None
    number = values["number"] if values["number"] != FIT["number"] or not is_sepa else IBAN
    details = AccountDetails(owner_name=values["owner_name"], number=number, owner_address=address)
    mandate = None
    if is_debit:
        usual = {"reference": "MANDATE-1", "signed_on": AT.date(), "creditor_id": "DE98ZZZ09999999999", "scheme": "SEPA_CORE"}
        mandate = Mandate(
            **{"kind": "RECURRENT", "authorization": "WEB", "external_account": account, **usual, **values["mandate"]}
        )
    payment = Payment(
        id=ids.uuid7(),
        partner=Partner(id=ids.uuid7(), mode="SANDBOX"),
        external_account=account,
        mandate=mandate,
        kind=PaymentKind.COLLECTION if is_debit else PaymentKind.TRANSFER,
        rail=rail,
        direction=direction,
        currency=RAILS[rail],
        amount=Decimal(values["amount"]),
        reference=references.new(),
        description=values["description"],
        purpose=values["purpose"],
        same_day=values["same_day"],
    )
    return payment, details


def answer(payment):
    """How the check ends, without the lines of a file that is not written."""
    try:
        files.check(payment, at=AT)
    except DomainError as refusal:
        breaches = [{**one, "line": 0} for one in refusal.details.get("breaches", [])]
        return type(refusal), refusal.message, refusal.param, {**refusal.details, "breaches": breaches}
    return None


@pytest.fixture
def both(monkeypatch):
    """How the check ends for a payment, and how it would if the whole file were written."""

    def ask(rail, direction, **values):
        payment, details = made(rail, direction, **values)
        with monkeypatch.context() as patch:
            patch.setattr(files, "details_of", lambda accounts: {account.pk: details for account in accounts})
            checked = answer(payment)
            patch.setattr(files, "_CHECKS", files._WRITERS)
            return checked, answer(payment)

    return ask


def directions(rail):
    if rail == Rail.SEPA_DD:
        return [Direction.IN]
    return [Direction.OUT, Direction.IN] if rail in DEBITS else [Direction.OUT]


@pytest.mark.parametrize("rail", RAILS)
def test_the_check_refuses_what_the_file_would_refuse_and_in_the_same_words(both, rail):
    fields = [field for field in CHANGES if field != "same_day" or rail == Rail.ACH]
    single = [{field: value} for field in fields for value in CHANGES[field]]
    pairs = [{**one, **other} for one, other in combinations(single, 2) if one.keys() != other.keys()][::7]
    refused = 0
    for direction in directions(rail):
        assert both(rail, direction) == (None, None)
        for change in [*single, *pairs]:
            checked, written = both(rail, direction, **change)
            assert checked == written, change
            refused += checked is not None
    assert refused > 100


@pytest.mark.parametrize(
    ("rail", "change", "kind", "told"),
    [
        (Rail.ACH, {"owner_name": "李明"}, errors.ExternalAccountUnfit, {"unfit": "owner_name"}),
        (Rail.ACH, {"routing_number": "011401534"}, errors.ExternalAccountUnfit, {"unfit": "routing_number"}),
        (Rail.ACH, {"number": "1" * 18}, errors.ExternalAccountUnfit, {"unfit": "number"}),
        (Rail.ACH, {"amount": "99999999999.99"}, errors.UnfitForRail, {}),
        (Rail.ACH, {"amount": "1000000.01", "same_day": True}, errors.UnfitForRail, {}),
        (Rail.SEPA_CT, {"number": "DE89370400440532013001"}, errors.ExternalAccountUnfit, {"unfit": "number"}),
        (Rail.SEPA_CT, {"address": {"street": LONG}}, errors.ExternalAccountUnfit, {"unfit": "owner_address"}),
        (Rail.SEPA_CT, {"bic": "X"}, errors.ExternalAccountUnfit, {"unfit": "bank"}),
        (Rail.SEPA_CT, {"amount": "1000000000.00"}, errors.UnfitForRail, {}),
        (Rail.WIRE, {"address": None}, errors.ExternalAccountUnfit, {"unfit": "owner_address"}),
        (Rail.WIRE, {"amount": "0.00"}, errors.UnfitForRail, {}),
    ],
)
def test_a_refusal_names_the_part_of_the_payment_that_does_not_fit(both, rail, change, kind, told):
    checked, _ = both(rail, Direction.OUT, **change)
    assert checked[0] is kind
    assert {name: checked[3].get(name) for name in told} == told


def test_a_collection_on_a_mandate_that_was_signed_later_is_refused(both):
    checked, _ = both(Rail.SEPA_DD, Direction.IN, mandate={"signed_on": (AT + timedelta(days=30)).date()})
    assert checked[0] is errors.UnfitForRail
    assert checked[2] == "mandate_id"

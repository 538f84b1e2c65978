"""The file of every rail: what stands in it, what is refused when the payment is made, and that it is the same bytes when built again."""

from copy import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from flowlet.core.money import Money
from flowlet.vault.services import subjects
from payments import errors
from payments.choices import BatchStatus, PaymentKind, PaymentStatus, Rail
from payments.models import Batch, MandateUse, Payment
from payments.policies import cutoffs
from payments.policies.account_values import Correction
from payments.providers import nacha
from payments.services import external_accounts, files, mandates, outcomes, payments, settlement
from payments.services.files import ach
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

K, S = PaymentKind, PaymentStatus
CREDITOR = "DE98ZZZ09999999999"


@pytest.fixture
def world(db):
    return fresh_world()


def run(world, **options):
    done = settlement.run(**{"at": world.at, "actor": STAFF, "early": True} | options)
    assert done.refusals == []
    return done


def sepa_mandate(world, account, *, kind="RECURRENT", scheme="SEPA_CORE", creditor_id=CREDITOR, **options):
    return mandates.create(
        partner_id=world.partner.pk,
        external_account_id=account.pk,
        scheme=scheme,
        kind=kind,
        creditor_id=creditor_id,
        signed_on=world.at.date(),
        actor=KEY,
        at=world.at,
        **options,
    )


def collect(world, wallet, amount, account, mandate, **options):
    return world.pay(wallet, amount, kind=K.COLLECTION, rail=Rail.SEPA_DD, to=account, mandate_id=mandate.pk, **options)


def paid_by(world, rail):
    """A payment of the rail, ready to go, and its account outside."""
    if rail == Rail.SEPA_DD:
        wallet = world.wallet(currency="EUR")
        account = world.bank(wallet, iban=True, relation="OWN")
        return collect(world, wallet, "12.00", account, sepa_mandate(world, account)), account
    wallet = world.wallet("100.00", currency="EUR" if rail == Rail.SEPA_CT else "USD")
    account = world.bank(wallet, iban=rail == Rail.SEPA_CT)
    return world.pay(wallet, "12.00", rail=rail, to=account), account


def found(batch, *names):
    """The texts of elements by their local names."""
    root = etree.fromstring(files.content_of(batch))
    return [[element.text for element in root.iter(f"{{*}}{name}")] for name in names]


@pytest.mark.parametrize("rail", settlement.FILE_RAILS)
def test_the_file_of_each_rail_built_again_is_the_same_to_the_byte(world, rail):
    paid_by(world, rail)
    [batch] = run(world).built
    assert batch.rail == rail
    assert Batch.objects.get().status == BatchStatus.DELIVERED
    assert files.rebuild(batch).content == files.content_of(batch)
    books_are_sound()


@pytest.mark.parametrize("rail", settlement.FILE_RAILS)
def test_the_file_of_a_run_at_a_moment_of_another_zone_is_the_same_built_again(world, rail):
    paid_by(world, rail)
    [batch] = run(world, at=world.at.astimezone(ZoneInfo("Asia/Tokyo"))).built
    assert files.rebuild(Batch.objects.get()).name == files.rebuild(batch).name
    assert files.rebuild(Batch.objects.get()).content == files.content_of(batch)


@pytest.mark.parametrize("rail", settlement.FILE_RAILS)
def test_a_file_whose_account_was_corrected_since_is_told_from_the_one_that_was_sent(world, rail):
    payment, account = paid_by(world, rail)
    [batch] = run(world).built
    external_accounts.apply_correction(
        external_account_id=account.pk,
        correction=Correction(code="C04", owner_name="Grace Murray Hopper"),
        actor=STAFF,
        at=world.at,
    )
    with pytest.raises(errors.FileDiffers):
        files.rebuild(batch)
    assert files.content_of(batch)


def test_collections_stand_in_groups_by_their_place_in_the_mandate(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban=True, relation="OWN")
    often = sepa_mandate(world, account)
    once = sepa_mandate(world, world.bank(wallet, iban=True, relation="OWN"), kind="ONE_OFF")
    first, second = (collect(world, wallet, amount, account, often) for amount in ("10.00", "11.00"))
    third = collect(world, wallet, "12.00", once.external_account, once)
    [batch] = run(world).built
    references, sequences, creditors, names = found(batch, "EndToEndId", "SeqTp", "PmtInfId", "MndtId")
    assert sequences == ["FRST", "OOFF", "RCUR"]
    assert references == [first.reference, third.reference, second.reference]
    assert creditors == [f"{batch.number:010d}-{place}" for place in (1, 2, 3)]
    assert names == [often.reference, once.reference, often.reference]
    assert list(MandateUse.objects.order_by("id").values_list("reference", "sequence")) == sorted(
        [(first.public_id, "FRST"), (second.public_id, "RCUR"), (third.public_id, "OOFF")],
        key=lambda row: (str(once.pk if row[1] == "OOFF" else often.pk), row[0]),
    )
    assert {row.status for row in Payment.objects.all()} == {S.SUBMITTED}


def test_a_collection_that_failed_gives_its_place_back(world):
    payment, account = paid_by(world, Rail.SEPA_DD)
    [batch] = run(world).built
    world.act(outcomes.fail, payment, reason_code="AM04")
    assert MandateUse.objects.get().rejected_at is not None
    assert files.rebuild(batch).digest == batch.digest
    again = collect(world, payment.wallet, "12.00", account, payment.mandate)
    [batch] = run(world).built
    assert found(batch, "SeqTp") == [["FRST"]]
    assert again.status == S.APPROVED


def test_a_collection_whose_mandate_ended_fails_and_the_others_go(world):
    stopped, _ = paid_by(world, Rail.SEPA_DD)
    other, _ = paid_by(world, Rail.SEPA_DD)
    mandates.revoke(mandate_id=stopped.mandate_id, actor=KEY, at=world.at)
    [batch] = run(world).built
    assert (batch.count, batch.total) == (1, Decimal(12))
    stopped.refresh_from_db()
    other.refresh_from_db()
    assert (stopped.status, stopped.reason_code) == (S.FAILED, "payments.mandate_not_active")
    assert other.status == S.SUBMITTED


def test_no_collection_is_made_on_a_mandate_that_was_used_up(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban=True, relation="OWN")
    once = sepa_mandate(world, account, kind="ONE_OFF")
    collect(world, wallet, "10.00", account, once)
    run(world)
    with pytest.raises(errors.MandateNotActive):
        collect(world, wallet, "10.00", account, once)
    assert Payment.objects.count() == 1


def test_two_creditors_mandates_of_one_name_go_in_two_files(world):
    wallet = world.wallet(currency="EUR")
    for creditor in (CREDITOR, "NL08ZZZ502057730000"):
        account = world.bank(wallet, iban=True, relation="OWN")
        made = mandates.create(
            partner_id=world.partner.pk,
            external_account_id=account.pk,
            scheme="SEPA_CORE",
            reference="M-1",
            creditor_id=creditor,
            signed_on=world.at.date(),
            actor=KEY,
            at=world.at,
        )
        collect(world, wallet, "10.00", account, made)
    assert [batch.count for batch in run(world).built] == [1, 1]


def test_nothing_is_collected_after_a_last_collection_that_waits(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban=True, relation="OWN")
    made = sepa_mandate(world, account)

    def ask(days=0, **options):
        on = world.at.date() + timedelta(days=days) if days else None
        return collect(world, wallet, "10.00", account, made, scheduled_on=on, **options)

    last = ask(days=20, is_final=True)
    ask(days=10)
    ask()
    with pytest.raises(errors.MandateNotActive) as refusal:
        ask(days=30)
    assert refusal.value.details["status"] == "USED_UP"
    with pytest.raises(errors.NotTheLast):
        ask(days=5, is_final=True)
    payments.cancel(payment_id=last.pk, reason="Not the last", actor=KEY, at=world.at)
    ask(days=30)
    assert Payment.objects.filter(mandate=made).count() == 4


def test_each_wire_is_a_message_of_its_own(world):
    wallet = world.wallet("100.00")
    made = [world.pay(wallet, amount, rail=Rail.WIRE, to=world.bank(wallet)) for amount in ("10.00", "11.00")]
    first, second = run(world).built
    assert [batch.count for batch in (first, second)] == [1, 1]
    [reference], [amount], [uetr], names, [town, _] = found(first, "EndToEndId", "IntrBkSttlmAmt", "UETR", "Nm", "TwnNm")
    assert (reference, amount) == (made[0].reference, "10.00")
    assert uetr != found(second, "UETR")[0][0]
    assert names == ["Ada Lovelace", "Flowlet Sandbox", "Grace Hopper"]
    assert town == "New York"


ABROAD = {"iban": "DE89370400440532013000", "currency": "USD"}


def test_a_wire_abroad_goes_to_our_correspondent_for_a_bank_that_a_bic_names(world, settings):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", rail=Rail.WIRE, to=world.bank(wallet, **ABROAD))
    [batch] = run(world).built
    assert found(batch, "IBAN", "ChrgBr", "BICFI") == [[ABROAD["iban"]], ["SHAR"], ["COBADEFFXXX"]]
    ours = settings.SANDBOX_IDENTITY["wire"]
    assert found(batch, "MmbId") == [[ours["aba"], ours["correspondent"], ours["aba"]]]
    assert files.rebuild(batch).digest == batch.digest


@pytest.mark.parametrize(
    ("account", "correspondent", "refusal", "said"),
    [
        ({"iban": "FO6264600001631634"}, "987654320", errors.ExternalAccountUnfit, "bic"),
        ({}, "", errors.RailNotConfigured, "FLOWLET_WIRE_CORRESPONDENT"),
        ({}, "987654321", errors.ExternalAccountUnfit, "bank"),
        ({"currency": "EUR"}, "987654320", errors.ExternalAccountUnfit, "currency"),
        ({"owner_address": None}, "987654320", errors.ExternalAccountUnfit, "owner_address"),
    ],
)
def test_a_wire_abroad_that_nobody_can_carry_is_refused_when_it_is_made(world, settings, account, correspondent, refusal, said):
    ours = settings.SANDBOX_IDENTITY["wire"] | {"correspondent": correspondent}
    settings.SANDBOX_IDENTITY = settings.SANDBOX_IDENTITY | {"wire": ours}
    wallet = world.wallet("100.00")
    with pytest.raises(refusal) as refused:
        world.pay(wallet, "10.00", rail=Rail.WIRE, to=world.bank(wallet, **ABROAD | account))
    assert said in (refused.value.details.get("unfit"), *refused.value.message.split())
    assert not Payment.objects.exists()


def payer_of(batch):
    [party] = etree.fromstring(files.content_of(batch)).iterfind(".//{*}UltmtDbtr")
    return [leaf.text for leaf in party.iter() if not len(leaf)]


@pytest.mark.parametrize(
    ("rail", "told"),
    [
        (Rail.SEPA_CT, ["Zoe Muller"]),
        (Rail.WIRE, ["Zoe Muller", "1010", "Zurich", "CH", "Seestrasse 1", "Hof"]),
    ],
)
def test_the_payees_bank_is_told_for_whom_we_pay(world, rail, told):
    address = {"line1": "Seestraße 1", "line2": "Hof", "city": "Zürich", "postal_code": "1010", "country": "CH"}
    customer = world.customer(name="Zoë Müller", address=address)
    wallet = world.wallet("100.00", currency="EUR" if rail == Rail.SEPA_CT else "USD", customer=customer)
    world.pay(wallet, "10.00", rail=rail, to=world.bank(wallet, iban=rail == Rail.SEPA_CT))
    [batch] = run(world).built
    assert payer_of(batch) == told
    assert files.rebuild(batch).digest == batch.digest


@pytest.mark.parametrize("rail", [Rail.SEPA_CT, Rail.WIRE])
def test_a_payer_of_whose_name_the_rail_carries_nothing_is_refused_when_the_payment_is_made(world, rail):
    wallet = world.wallet("9.00", currency="EUR" if rail == Rail.SEPA_CT else "USD", customer=world.customer(name="李明"))
    with pytest.raises(errors.UnfitForRail) as refusal:
        world.pay(wallet, "1.00", rail=rail, to=world.bank(wallet, iban=rail == Rail.SEPA_CT))
    assert refusal.value.param == "wallet_id"
    assert not Payment.objects.exists()


def test_a_wire_to_an_owner_without_an_address_is_refused_when_it_is_made(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet, owner_address=None)
    with pytest.raises(errors.ExternalAccountUnfit) as refusal:
        world.pay(wallet, "10.00", rail=Rail.WIRE, to=account)
    assert refusal.value.details["unfit"] == "owner_address"
    assert world.funds(wallet) == (Decimal(100), Decimal(0))
    assert not Payment.objects.exists()


@pytest.mark.parametrize("rail", [Rail.ACH, Rail.SEPA_CT, Rail.WIRE])
def test_a_name_of_which_the_rail_carries_nothing_is_refused_when_the_payment_is_made(world, rail):
    wallet = world.wallet("100.00", currency="EUR" if rail == Rail.SEPA_CT else "USD")
    account = world.bank(wallet, iban=rail == Rail.SEPA_CT, owner_name="李明")
    with pytest.raises(errors.ExternalAccountUnfit) as refusal:
        world.pay(wallet, "10.00", rail=rail, to=account)
    assert refusal.value.details["unfit"] == "owner_name"
    assert not Payment.objects.exists()


def test_names_and_descriptions_are_written_in_the_letters_that_banks_carry(world):
    wallet = world.wallet("100.00", currency="EUR")
    world.pay(
        wallet, "10.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True, owner_name="Łucja Müller"), description="Fête & café"
    )
    [batch] = run(world).built
    assert found(batch, "Ustrd") == [["Fete + cafe"]]
    assert found(batch, "Nm")[0][-1] == "Lucja Muller"


def test_a_debtor_outside_the_economic_area_needs_an_address(world):
    wallet = world.wallet(currency="EUR")
    account = world.bank(wallet, iban="CH9300762011623852957", relation="OWN", owner_address=None)
    made = sepa_mandate(world, account)
    with pytest.raises(errors.ExternalAccountUnfit) as refusal:
        collect(world, wallet, "10.00", account, made)
    assert refusal.value.details["unfit"] == "owner_address"


@pytest.mark.parametrize(
    ("rail", "options", "holder"),
    [
        (Rail.ACH, {"purpose": "PAYROLL"}, "BUSINESS"),
        (Rail.ACH, {"purpose": "PURCHASE"}, "PERSON"),
        (Rail.WIRE, {"purpose": "PAYROLL"}, "PERSON"),
    ],
)
def test_a_purpose_that_the_rules_do_not_allow_is_refused_when_the_payment_is_made(world, rail, options, holder):
    wallet = world.wallet("100.00")
    with pytest.raises(errors.UnfitForRail) as refusal:
        world.pay(wallet, "10.00", rail=rail, to=world.bank(wallet, holder_kind=holder), **options)
    assert refusal.value.param == "purpose"
    assert not Payment.objects.exists()


def test_wages_and_online_purchases_have_batches_of_their_own(world):
    wallet = world.wallet("100.00")
    world.pay(wallet, "10.00", to=world.bank(wallet, holder_kind="PERSON"), purpose="PAYROLL")
    world.pay(wallet, "11.00", to=world.bank(wallet, holder_kind="PERSON"))
    own = world.bank(wallet, relation="OWN", holder_kind="PERSON")
    world.pay(wallet, "12.00", kind=K.COLLECTION, to=own, mandate_id=world.ach_mandate(own).pk, purpose="PURCHASE")
    written = [nacha.read(files.content_of(batch)).checked() for batch in run(world).built]
    assert sorted((one.sec, one.description) for file in written for one in file.batches) == [
        ("PPD", "PAYMENT"),
        ("PPD", "PAYROLL"),
        ("WEB", "PURCHASE"),
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(14, 59, "SD1300"), (15, 1, "SD1700"), (19, 16, "SD1800")]
)  # November, five hours behind
def test_a_same_day_entry_names_the_window_that_follows_from_its_cutoff(world, hour, minute, expected):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    at = datetime(2026, 11, 18, hour, minute, tzinfo=UTC)
    assert cutoffs.next_cutoff("ach", at, same_day=True).value_on == at.date()
    payments.create(
        partner_id=world.partner.pk,
        kind=K.TRANSFER,
        rail=Rail.ACH,
        amount=Money("10.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=account.pk,
        same_day=True,
        actor=KEY,
        at=at,
    )
    [batch] = run(world, at=at).built
    file = nacha.read(files.content_of(batch)).checked()
    assert [one.descriptive_date for one in file.batches] == [expected]
    assert file.created_on == file.batches[0].effective_on == at.date()


def test_what_goes_on_the_same_day_shares_no_file_with_what_was_there_before(world):
    wallet = world.wallet("100.00")
    at = datetime(2026, 11, 17, 21, 30, tzinfo=UTC)  # after the last same-day window of Tuesday, before the usual cut-off
    for options in ({}, {"same_day": True}):
        world.pay(wallet, "10.00", to=world.bank(wallet), at=at, **options)
    assert len({payment.value_on for payment in Payment.objects.all()}) == 1
    assert [batch.count for batch in run(world, at=at).built] == [1, 1]


def test_a_payment_that_no_file_carries_any_more_fails_and_the_others_go(world):
    wallet = world.wallet("100.00")
    bad, good = (world.pay(wallet, "10.00", to=world.bank(wallet)) for _ in range(2))
    external_accounts.apply_correction(
        external_account_id=bad.external_account_id,
        correction=Correction(code="C04", owner_name="李明"),
        actor=STAFF,
        at=world.at,
    )
    [batch] = run(world).built
    assert (batch.count, batch.total) == (1, Decimal(10))
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.reason_code, good.status) == (S.FAILED, "payments.external_account_unfit", S.SUBMITTED)
    assert world.funds(wallet) == (Decimal(90), Decimal(0))
    books_are_sound()


def test_the_largest_ach_file_stays_below_ten_thousand_lines(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "1.00", to=world.bank(wallet))
    run(world)
    payment.refresh_from_db()
    largest = []
    for number in range(1, files.LARGEST[Rail.ACH] + 1):
        one = copy(payment)
        one.trace = f"{number:07d}"
        largest.append(one)
    assert files.fitting(Rail.ACH, [*largest, payment]) == largest
    written = files.build(payment.batch, largest).content
    assert 5000 < written.count(b"\n") <= 10_000


def test_the_sum_of_an_ach_file_fits_into_its_controls(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "1.00", to=world.bank(wallet))
    payment.amount = Decimal("99999999.99")
    assert len(files.fitting(Rail.ACH, [payment] * 150)) == 100
    assert 100 * payment.amount <= ach.LARGEST_TOTAL < 101 * payment.amount


def test_an_erased_owner_is_paid_no_more(world):
    payment, account = paid_by(world, Rail.ACH)
    subjects.erase(account.customer_id, at=world.at)
    assert run(world).built == []
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.FAILED, "payments.external_account_unfit")
    assert world.funds(payment.wallet) == (Decimal(100), Decimal(0))

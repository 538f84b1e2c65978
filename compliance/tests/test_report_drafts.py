"""Drafts of reports from cases: what the case gathered stands in them, and fifty of each kind have no gap and no schema error."""

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from accounts.choices import Role
from accounts.models import Partner, User
from accounts.services import customers
from compliance import errors
from compliance.choices import ReportState
from compliance.models import Activity, Report
from compliance.policies.report_deadlines import BeforeItsCause
from compliance.providers.fincen import codes, writing_ctr, writing_sar
from compliance.providers.fincen.codes import PartyRole, Relationship
from compliance.providers.fincen.parts import Address, AddressPart
from compliance.services import alerts, cases, report_drafts, reports
from compliance.services.alerts import Evidence
from compliance.tests.alert_world import SYSTEM, person
from compliance.tests.reports_made import BANK, OFFICE, STORY
from flowlet.audit.models import Record
from flowlet.backoffice.testing import press, signed_in
from flowlet.core import clock, ids
from flowlet.core.errors import Forbidden, Invalid
from flowlet.vault.services import subjects
from wallets.services import wallets
from wallets.tests.conftest import new_partner

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = date(2026, 11, 18)
HOMES = [
    {"line1": "1 Main Street", "city": "Vienna", "region": "VA", "postal_code": "22102-1234", "country": "US"},
    {"line1": "5 Rue de l'Église", "line2": "2e étage", "city": "Lyon", "postal_code": "69001", "country": "FR"},
    {"line1": "12 King Street", "city": "Toronto", "region": "Ontario", "postal_code": "M5V 2T6", "country": "CA"},
    {"line1": "1 Market Street", "city": "San Francisco", "region": "California", "country": "US"},
    None,
]


def customer(partner, home=HOMES[0], *, kind="PERSON", name="Marta Elena Lind", born_on=date(1988, 4, 2), phone="+12025550123"):
    given = {"born_on": born_on} if kind == "PERSON" else {"registration_number": "HRB 1234"}
    country = home["country"] if home else "US"
    told = {"partner_id": partner.pk, "kind": kind, "name": name, "country": country, "address": home, "phone": phone} | given
    made = customers.create(actor=SYSTEM, at=AT, **told)
    customers.set_kyc_tier(customer_id=made.pk, kyc_tier="PREMIUM", reason="papers seen", actor=SYSTEM, at=AT)
    return made


def moved(who, wallet, amount, *, way="IN", day=DAY, cash=True, hour=10):
    return Activity.objects.create(
        partner=who.partner,
        customer=who,
        wallet=wallet,
        source="TRANSFER",
        source_id=ids.uuid7(),
        direction=way,
        kind="TRANSFER",
        rail="book",
        currency="USD",
        amount=Decimal(amount),
        worth=Decimal(amount),
        is_own=False,
        is_new_counterparty=False,
        is_cash=cash,
        names_parties=True,
        happened_at=datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
    )


def case_of(who, *rows, scenario="structuring", narrative=STORY, by="ada"):
    """A case of an alert that saw the movements."""
    seen = Evidence(
        key=f"{who.pk}",
        headline="4 deposits",
        facts={"transactions": [row.reference for row in rows]},
        happened_at=rows[0].happened_at,
    )
    given = {"kind": "MONITORING", "scenario": scenario, "priority": 60, "headline": "4 deposits just below 10,000 USD"}
    alert = alerts.raise_alert(partner_id=who.partner_id, customer_id=who.pk, evidence=[seen], at=AT, **given)
    actor = person(by)
    made = cases.open_case(title="Deposits", alert_ids=[alert.pk], actor=actor, at=AT)
    return cases.narrate(case_id=made.pk, text=narrative, actor=actor, at=AT) if narrative else made


def wallet_of(who):
    return wallets.create(customer_id=who.pk, currency="USD", partner_id=who.partner_id, actor=SYSTEM, at=AT)


@pytest.fixture
def marta(db):
    return customer(new_partner())


@pytest.mark.parametrize("kind", ["SAR", "STR"])
def test_a_determination_does_not_lie_before_what_it_is_about(marta, kind):
    wallet = wallet_of(marta)
    case = case_of(marta, *[moved(marta, wallet, "9500.50", day=DAY - timedelta(days=n)) for n in range(2)])
    given = {"case_id": case.pk, "kind": kind, "actor": person("ada"), "at": AT}
    with pytest.raises(BeforeItsCause, match="began on 2026-11-17"):
        report_drafts.from_case(day=DAY - timedelta(days=2), **given)
    assert report_drafts.from_case(day=DAY - timedelta(days=1), **given).counted_from == DAY - timedelta(days=1)


def test_a_report_of_suspicious_activity_says_what_the_case_gathered(marta):
    wallet = wallet_of(marta)
    into = [moved(marta, wallet, "9500.50", day=DAY - timedelta(days=n)) for n in range(3)]
    out = moved(marta, wallet, "12000.00", way="OUT", cash=False)
    moved(marta, wallet, "70.00", day=DAY - timedelta(days=60))
    case = case_of(marta, *into, out)
    row = report_drafts.from_case(case_id=case.pk, kind="SAR", day=date(2026, 11, 19), actor=person("ada"), at=AT)
    assert (row.state, row.due_on) == (ReportState.DRAFT, date(2026, 12, 19))
    form = reports.form_of(row, on=AT.date())
    (subject,) = form.subjects
    assert (subject.name.last, subject.name.first, subject.born.year) == ("Lind", "Marta Elena", 1988)
    assert subject.addresses == (Address(street="1 Main Street", city="Vienna", state="VA", postcode="221021234", country="US"),)
    assert (subject.phones[0].number, subject.is_tax_id_unknown, subject.is_proof_unknown) == ("12025550123", True, True)
    assert [held.numbers for held in subject.accounts] == [(wallet.public_id,)]
    assert [one.kinds for one in subject.relationships] == [frozenset({Relationship.CUSTOMER})]
    activity = form.activity
    assert (activity.since, activity.to) == (DAY - timedelta(days=2), DAY)
    assert str(activity.amount.amount) == "28501.50", "the larger of what came in and what went out"
    assert [one.subtype for one in activity.classifications] == [114]
    assert {one.code for one in activity.assets} == {report_drafts.CASH, report_drafts.FUNDS_TRANSFER}
    assert form.narrative == STORY
    assert reports.gaps_of(row, on=AT.date()) == ()


def test_a_report_of_cash_says_who_brought_and_took_how_much_on_the_day(marta):
    wallet = wallet_of(marta)
    rows = [moved(marta, wallet, "9500.50"), moved(marta, wallet, "2000"), moved(marta, wallet, "500", way="OUT")]
    moved(marta, wallet, "8000", day=DAY - timedelta(days=1))
    moved(marta, wallet, "8000", cash=False)
    row = report_drafts.from_case(case_id=case_of(marta, *rows).pk, kind="CTR", day=DAY, actor=person("ada"), at=AT)
    form = reports.form_of(row, on=AT.date())
    (who,) = form.persons
    assert (who.role, who.has_multiple_transactions, who.accounts_in) == (PartyRole.OWN_BEHALF, True, (wallet.public_id,))
    assert [(one.code, str(one.amount.amount)) for one in form.details] == [(55, "11500.50"), (56, "500.00")]
    assert (form.cash_in, form.cash_out, row.due_on) == (11501, 500, DAY + timedelta(days=15))
    assert reports.gaps_of(row, on=AT.date()) == ()


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("UTC", (0, 23)), ("America/New_York", (5, 28)), ("Asia/Tokyo", (-9, 14)), ("Asia/Kathmandu", (-5, 18))],
)
def test_the_day_of_a_report_of_cash_is_one_of_the_partners_zone(marta, zone, hours):
    Partner.objects.filter(pk=marta.partner_id).update(time_zone=zone)
    wallet, begin = wallet_of(marta), datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    rows = [moved(marta, wallet, amount) for amount in ("6000", "5000", "70000", "80000")]
    for row, hour in zip(rows, (*hours, hours[0] - 1, hours[1] + 1), strict=True):
        Activity.objects.filter(pk=row.pk).update(happened_at=begin + timedelta(hours=hour))
    drafted = report_drafts.from_case(case_id=case_of(marta, *rows).pk, kind="CTR", day=DAY, actor=person("ada"), at=AT)
    assert reports.form_of(drafted, on=AT.date()).cash_in == 11000


def test_of_whom_everything_was_erased_only_that_is_said(marta):
    row = moved(marta, wallet_of(marta), "11000")
    case = case_of(marta, row)
    subjects.erase(marta.pk, at=AT)
    for kind, where in (("SAR", "subjects"), ("CTR", "persons")):
        made = report_drafts.from_case(case_id=case.pk, kind=kind, day=DAY, actor=person("ada"), at=AT)
        assert "Marta" not in str(reports.content_of(made)[where])
        assert reports.gaps_of(made, on=AT.date()) == ()


def test_addresses_say_what_of_them_is_not_known():
    assert [report_drafts._address(None, country).unknown for country in ("US", "DE")] == [
        frozenset({AddressPart.STREET, AddressPart.CITY, AddressPart.POSTCODE, AddressPart.STATE}),
        frozenset({AddressPart.STREET, AddressPart.CITY, AddressPart.POSTCODE}),
    ]


def test_the_institution_is_that_of_the_last_report(marta):
    first = report_drafts.blank(kind="SAR", day=DAY, actor=person("ada"), at=AT)
    form = reports.form_of(first, on=AT.date())
    assert (form.institution.name, form.narrative, form.subjects) == ("Flowlet Sandbox", "", ())
    told = reports.content_of(first) | {
        "institution": reports.storing.to_json(BANK),
        "contact_office": reports.storing.to_json(OFFICE),
    }
    reports.change(report_id=first.pk, content=told, reason="the register", actor=person("ada"), at=AT)
    second = reports.form_of(report_drafts.blank(kind="SAR", day=DAY, actor=person("ada"), at=AT), on=AT.date())
    assert (second.institution, second.contact_office) == (BANK, OFFICE)


def test_a_draft_is_refused_for_a_day_ahead_a_case_that_is_none_and_a_process(marta):
    case = case_of(marta, moved(marta, None, "1"))
    for given, refusal in (
        ({"day": AT.date() + timedelta(days=1)}, Invalid),
        ({"case_id": ids.uuid7()}, errors.CaseNotFound),
        ({"actor": SYSTEM}, Forbidden),
    ):
        with pytest.raises(refusal):
            report_drafts.from_case(**({"case_id": case.pk, "kind": "SAR", "day": DAY, "actor": person("ada"), "at": AT} | given))
    assert not Report.objects.exists()


def test_each_scenario_that_has_a_box_names_one_that_the_form_has():
    from compliance.policies.scenarios import shipped

    names = {name for _, name, *_ in shipped.SHIPPED}
    assert set(report_drafts.KINDS) <= names
    assert set(report_drafts.KINDS.values()) <= set(codes.ACTIVITIES)


def test_the_case_page_drafts_and_tells_nobody_else(marta, staff_of):
    row = moved(marta, wallet_of(marta), "11000")
    case = case_of(marta, row)
    officer = signed_in(User.fetch(person("ada").id))
    answer = press(officer, case, "draft_report", kind="SAR", day=clock.now().date().isoformat(), has_suspect="on")
    made = Report.objects.get()
    shown = officer.get(answer["Location"]).content.decode()
    assert f"/admin/compliance/report/{made.public_id}/change/" in shown
    assert (made.case, made.reference in officer.get(answer["Location"]).content.decode()) == (case, True)
    assert not Record.objects.filter(target=case.public_id, action__contains="report").exists()
    auditor = signed_in(staff_of(Role.AUDITOR))
    assert press(auditor, case, "draft_report", kind="SAR", day="2026-11-18").status_code == 403
    shown = auditor.get(answer["Location"]).content.decode()
    assert [word for word in ("Draft a report", "Reports to the authority", made.reference, "/report/") if word in shown] == []


def test_a_case_has_one_report_of_a_kind_and_one_of_the_cash_of_a_day(marta):
    case, ada = case_of(marta, moved(marta, None, "11000")), person("ada")
    told = {"case_id": case.pk, "actor": ada, "at": AT}
    first = report_drafts.from_case(kind="SAR", day=DAY, **told)
    cash = [report_drafts.from_case(kind="CTR", day=day, **told) for day in (DAY, DAY - timedelta(days=1))]
    for kind, day, name in (("SAR", AT.date(), first.reference), ("CTR", DAY, cash[0].reference)):
        with pytest.raises(errors.ReportDrafted, match=name), transaction.atomic():
            report_drafts.from_case(kind=kind, day=day, **told)
    moved_day = reports.content_of(cash[1]) | {"transacted_on": DAY.isoformat()}
    with pytest.raises(errors.ReportDrafted, match=cash[0].reference), transaction.atomic():
        reports.change(report_id=cash[1].pk, content=moved_day, reason="the other day", actor=ada, at=AT)
    with pytest.raises(IntegrityError, match="reports are kept"), transaction.atomic():
        Report.objects.filter(pk=first.pk).update(case=None)
    reports.withdraw(report_id=first.pk, reason="explained", actor=ada, at=AT)
    second = report_drafts.from_case(kind="SAR", day=DAY, **told)
    assert list(reports.of_case(case.pk)) == [first, *cash, second]
    assert report_drafts.from_case(
        **told | {"case_id": case_of(marta, moved(marta, None, "9"), scenario="mule").pk}, kind="SAR", day=DAY
    )


def test_fifty_of_each_from_cases_have_no_gap_and_no_schema_error(settings):
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    settings.BSA_SCHEMAS = str(Path(data) / "fincen") if data else ""
    partner, scenarios = new_partner(), cycle(report_drafts.KINDS)
    names, days = ("Marta Lind", "Prince", "Nguyễn Thị Ánh", "O'Connor & Sons <Ltd>"), [DAY - timedelta(days=n) for n in range(5)]
    made, actor = [], person("ada")
    for n, home, name in zip(range(10), cycle(HOMES), cycle(names)):
        kind = "BUSINESS" if "&" in name else "PERSON"
        born_on = date(1950 + n, 1, 2) if n % 3 else None
        who = customer(partner, home, kind=kind, name=name, born_on=born_on, phone="" if n % 4 else "+12025550123")
        wallet = wallet_of(who) if n % 3 else None
        cash = [moved(who, wallet, f"{5200 + n}.37", day=day, hour=hour) for day in days for hour in range(3)]
        cash += [moved(who, wallet, "11000.01", way="OUT", day=day) for day in days]
        for day in days:
            case = case_of(who, *cash, scenario=next(scenarios))
            for form in ("SAR", "CTR"):
                made.append(report_drafts.from_case(case_id=case.pk, kind=form, day=day, actor=actor, at=AT))
    for row in made:
        assert reports.gaps_of(row, on=AT.date()) == (), row.reference
    for kind, writer in (("SAR", writing_sar), ("CTR", writing_ctr)):
        forms = [reports.form_of(row, on=AT.date()) for row in made if row.kind == kind]
        written = writer.write(forms, transmitter=reports.transmitter())  # refuses what breaks the schema
        assert (written.count, written.schema) == (50, f"EFL_{kind}XBatchSchema" if data else "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no gaps, but the files were not held against the schemas")

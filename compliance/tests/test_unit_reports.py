"""Reports to units in the EU: what the law asks for is drafted from a case, checked, filed as documented JSON, and due at once."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from moneyed import Money

from accounts.choices import Role
from compliance import errors
from compliance.admin import report_fields
from compliance.models import Report
from compliance.providers import fiu
from compliance.providers.fincen import storing
from compliance.services import cases, report_batches, report_drafts, reports
from compliance.tests.alert_world import person
from compliance.tests.test_report_drafts import AT, DAY, HOMES, case_of, customer, moved, wallet_of
from compliance.tests.test_report_form import sent
from compliance.tests.test_reports import content
from flowlet.backoffice.testing import press
from flowlet.core import clock
from flowlet.core.errors import FourEyesRequired, Invalid
from wallets.tests.conftest import new_partner

GROUNDS = "Between 1 and 9 October 2026 Marta Lind received eleven transfers and sent each of them abroad within the hour. " * 2
WHOLE = fiu.Report(
    reference="STR-1",
    filed_on=date(2026, 11, 20),
    unit="FIU of Germany",
    entity=fiu.Entity(name="Acme Pay GmbH", register_id="HRB 1234", contact_name="Dana Reyes", contact_phone="+4930123456"),
    parties=(
        fiu.Party(name="Marta Lind", born_on=date(1988, 4, 2), country="DE", identification="passport L898902C3, SE"),
        fiu.Party(is_unknown=True, part=fiu.Part.OTHER_SIDE),
    ),
    held_accounts=(fiu.Account(number="wal_1", holder="Marta Lind", currency="EUR"),),
    transactions=(
        fiu.Transaction(reference="pay_1", on=date(2026, 10, 1), amount=Money("900.50", "EUR"), country="TR", is_cash=True),
        fiu.Transaction(reference="pay_2", on=date(2026, 10, 2), way=fiu.Way.IN, amount=Money("12000", "JPY")),
    ),
    suspicions=frozenset({fiu.Suspicion.MONEY_LAUNDERING}),
    grounds=GROUNDS.strip(),
    measures="Nothing was frozen.",
)


def test_a_whole_report_has_no_gap():
    assert fiu.check(WHOLE) == ()


@pytest.mark.parametrize(
    ("less", "where", "is_fatal"),
    [
        ({"unit": ""}, "unit", True),
        ({"entity": replace(WHOLE.entity, register_id="")}, "entity.register_id", True),
        ({"entity": replace(WHOLE.entity, contact_phone="")}, "entity.contact_name", True),
        ({"parties": ()}, "parties", True),
        ({"parties": (fiu.Party(is_entity=True),)}, "parties[0].name", True),
        ({"parties": (replace(WHOLE.parties[0], is_unknown=True),)}, "parties[0].name", True),
        ({"parties": (replace(WHOLE.parties[0], country="Germany"),)}, "parties[0].country", True),
        ({"parties": (replace(WHOLE.parties[0], born_on=None),)}, "parties[0].born_on", False),
        ({"transactions": (replace(WHOLE.transactions[0], on=date(2026, 11, 21)),)}, "transactions[0].on", True),
        ({"transactions": (replace(WHOLE.transactions[0], amount=Money(0, "EUR")),)}, "transactions[0].amount", True),
        ({"suspicions": frozenset()}, "suspicions", True),
        ({"grounds": " "}, "grounds", True),
        ({"grounds": "It looks odd."}, "grounds", False),
        ({"measures": ""}, "measures", True),
    ],
)
def test_what_is_missing_is_named_by_its_place(less, where, is_fatal):
    (gap,) = fiu.check(replace(WHOLE, **less))
    assert (gap.where, gap.is_fatal) == (where, is_fatal)
    if is_fatal:
        with pytest.raises(Invalid):
            fiu.write([replace(WHOLE, **less)])


def test_the_form_changes_nothing_and_reads_currencies():
    before = content(WHOLE)
    found = report_fields.take(fiu.Report, fiu.GUIDE, sent("STR", before), before)
    assert storing.from_json(fiu.Report, found | {"reference": "STR-1", "filed_on": "2026-11-20"}) == WHOLE
    typed = sent("STR", before, **{"transactions.0.amount": "1,200.50 chf"})
    found = report_fields.take(fiu.Report, fiu.GUIDE, typed, before)
    assert found["transactions"][0]["amount"] == {"amount": "1200.50", "currency": "CHF"}


@pytest.mark.django_db
def test_its_form_is_kept_from_the_screen(sit, actor):
    client = sit(Role.COMPLIANCE_OFFICER)
    client.post("/admin/compliance/report/do/draft/", {"kind": "STR", "day": clock.now().date().isoformat()})
    row = Report.objects.get()
    url = press(client, row, "fill", reason="to complete the draft")["Location"]
    shown = client.get(url).content.decode()
    assert 'name="determined_on"' in shown and 'name="has_suspect"' not in shown and "Name the unit to which it goes." in shown
    data = sent("STR", reports.content_of(row), unit="FIU of Germany", version="1", close="")
    assert client.post(url, {name: data.getlist(name) for name in data}).status_code == 302
    row.refresh_from_db()
    assert (row.version, reports.content_of(row)["unit"]) == (2, "FIU of Germany")


@pytest.mark.django_db
def test_a_report_goes_from_a_case_to_a_file_without_fincen(settings):
    settings.BSA_TRANSMITTER = {}
    ada, ben = person("ada"), person("ben", Role.COMPLIANCE_MANAGER)
    marta = customer(new_partner(), HOMES[1])
    wallet = wallet_of(marta)
    rows = [moved(marta, wallet, "900.50"), moved(marta, wallet, "850.00", way="OUT", cash=False)]
    case = case_of(marta, *rows, narrative=GROUNDS)
    cases.freeze(case_id=case.pk, reason="until it is clear", actor=ada, at=AT)
    row = report_drafts.from_case(case_id=case.pk, kind="STR", day=DAY, actor=ada, at=AT)
    assert (row.counted_from, row.due_on, row.rule) == (DAY, DAY, "Regulation (EU) 2024/1624, art. 69(1)")
    form = reports.form_of(row, on=AT.date())
    assert [(one.name, one.country, one.born_on) for one in form.parties] == [("Marta Elena Lind", "FR", date(1988, 4, 2))]
    assert [(one.number, one.holder) for one in form.held_accounts] == [(wallet.public_id, "Marta Elena Lind")]
    assert [(one.reference, one.way.value, one.amount, one.is_cash) for one in form.transactions] == [
        (rows[0].reference, "IN", Money("900.50", "USD"), True),
        (rows[1].reference, "OUT", Money("850.00", "USD"), False),
    ]
    assert form.measures == f"{wallet.public_id} frozen on 2026-11-20" and form.grounds == GROUNDS.strip()
    with pytest.raises(errors.ReportIncomplete):
        reports.propose(report_id=row.pk, actor=ada, at=AT)
    whole = reports.content_of(row) | {
        "unit": "FIU of France",
        "entity": storing.to_json(WHOLE.entity),
        "suspicions": ["ATTEMPTED"],
    }
    reports.change(report_id=row.pk, content=whole, reason="completed", actor=ada, at=AT)
    reports.propose(report_id=row.pk, actor=ada, at=AT)
    with pytest.raises(FourEyesRequired):
        reports.approve(report_id=row.pk, actor=ada, at=AT)
    reports.approve(report_id=row.pk, actor=ben, at=AT)
    batch = report_batches.file(kind="STR", actor=ben, at=AT)
    taken = report_batches.download(batch_id=batch.pk, reason="to type it in", actor=ben, at=AT)
    assert taken.name == batch.file_name and taken.name.startswith("STR.20261120") and taken.name.endswith(".json")
    told = json.loads(taken.content)
    assert (told["format"], batch.schema, batch.reports_count) == ("flowlet-str-1", "flowlet-str-1", 1)
    (said,) = told["reports"]
    assert (said["reference"], said["filed_on"], said["unit"]) == (row.reference, "2026-11-20", "FIU of France")
    assert said["transactions"][0]["amount"] == {"amount": "900.50", "currency": "USD"}
    # A unit answers in its own system, and is told more by another report, which knows the entity already.
    with pytest.raises(errors.BatchAnswered):
        report_batches.acknowledge(batch_id=batch.pk, content=b"<x/>", actor=ben, at=datetime(2026, 11, 21, tzinfo=UTC))
    with pytest.raises(errors.PriorNotFiled):
        reports.amend(report_id=row.pk, determined_on=DAY, actor=ada, at=AT)
    with pytest.raises(errors.PriorNotFiled):
        reports.draft(kind="STR", content=whole, determined_on=DAY, prior_id=row.pk, actor=ada, at=AT)
    second = reports.form_of(report_drafts.blank(kind="STR", day=DAY, actor=ada, at=AT), on=AT.date())
    assert (second.entity, second.unit, second.parties) == (WHOLE.entity, "FIU of France", ())
    assert Report.objects.filter(kind="STR", state="FILED").count() == 1

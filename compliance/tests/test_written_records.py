"""What officers wrote, filed and reported goes when the clocks of all whom it is about have ended; every personal column has its clock."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction

from accounts.services import customers, partners
from compliance import errors, events
from compliance.models import Alert, Case, Report, ReportBatch, RuleTrial, Verification, VerificationItem, WorkFile, WorkNote
from compliance.services import alerts, cases, decisions, report_drafts, reports, retention, traces, verifications, work_notes
from compliance.tests.alert_world import SYSTEM, person
from compliance.tests.test_report_drafts import moved
from compliance.tests.test_retention import hold
from flowlet.audit.models import Record
from flowlet.core import crypto
from flowlet.core.errors import NotFound
from flowlet.rules.services import versions

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSED = (datetime(2027, 5, 10, 15, tzinfo=UTC), datetime(2028, 6, 1, 15, tzinfo=UTC))
OVER = (datetime(2032, 5, 10, tzinfo=UTC), datetime(2033, 6, 1, tzinfo=UTC))
TICK = timedelta(seconds=1)
TEXT = "Ada Lovelace and Ben Babbage share a telephone"


@pytest.fixture
def partner(db):
    return partners.create(name="Acme", country="DE", actor=SYSTEM, at=AT).sandbox


@pytest.fixture
def two(partner):
    """Two customers who left a year apart."""
    made = [
        customers.create(partner_id=partner.pk, kind="PERSON", country="DE", name=name, actor=SYSTEM, at=AT)
        for name in ("Ada Lovelace", "Ben Babbage")
    ]
    for row, at in zip(made, CLOSED, strict=True):
        customers.close(customer_id=row.pk, actor=SYSTEM, at=at)
    return made


@pytest.fixture
def ada(db):
    return person("ada")


def alert_of(row, actor, scenario="structuring"):
    seen = alerts.Evidence(key="a", headline="Deposits", facts={}, happened_at=AT)
    told = {"kind": "MONITORING", "scenario": scenario, "priority": 40, "headline": "Deposits", "evidence": [seen]}
    made = alerts.raise_alert(partner_id=row.partner_id, customer_id=row.pk, at=AT, **told)
    alerts.decide(alert_id=made.pk, disposition="EXPLAINED", reason_code="FUNDS_PROVEN", actor=actor, at=AT)
    return made


def write_on(item, actor, at=AT):
    work_notes.note(item=item, text=TEXT, actor=actor, at=at)
    return work_notes.attach(item=item, name="ada-lovelace.txt", content=TEXT.encode(), actor=actor, at=at)


@pytest.fixture
def case(two, ada):
    """A closed case about both, with all that officers can write, and a report that they did not file."""
    seen = [alert_of(row, ada) for row in two]
    made = cases.open_case(title="Deposits", alert_ids=[one.pk for one in seen], actor=ada, at=AT)
    cases.narrate(case_id=made.pk, text=TEXT, actor=ada, at=AT)
    for item in (made, seen[0]):
        write_on(item, ada)
    report = report_drafts.from_case(case_id=made.pk, kind="SAR", day=AT.date(), actor=ada, at=AT)
    reports.withdraw(report_id=report.pk, reason="explained", actor=ada, at=AT)
    return cases.close(case_id=made.pk, outcome="NO_SUSPICION", words="Explained", actor=ada, at=AT)


def left():
    """Sealed values that are there still."""
    found = [model.objects.exclude(sealed=None).count() for model in (Case, WorkNote, WorkFile, Report, ReportBatch)]
    return dict(zip(("narratives", "notes", "files", "reports", "report_files"), found, strict=True))


def purge(at, **more):
    return retention.purge(actor=SYSTEM, at=at, **more)


WRITTEN = {"narratives": 1, "notes": 2, "files": 2, "reports": 1, "report_files": 0}
NOTHING = dict.fromkeys(WRITTEN, 0)


def test_a_case_with_all_that_was_written_goes_with_the_last_customer_whom_it_is_about(case, two, ada):
    assert (purge(OVER[0]).deleted, left()) == (1, WRITTEN), "the other's clocks run still"
    assert (purge(OVER[1] - TICK).deleted, left()) == (0, WRITTEN)
    dry = purge(OVER[1], dry_run=True)
    assert (dry.deleted, left()) == (1, WRITTEN)
    done = purge(OVER[1])
    assert (done.counts, left()) == (dry.counts, NOTHING)
    assert {name: done.counts[name] for name in WRITTEN} == WRITTEN
    row = Case.objects.get()
    assert (row.outcome, row.decided_by, cases.narrative_of(row)) == ("NO_SUSPICION", str(ada), "")
    assert list(decisions.differences()) == [], "the decision stays, and proves itself"
    assert {work_notes.text_of(note) for note in WorkNote.objects.all()} == {work_notes.DELETED}
    for file in WorkFile.objects.all():
        assert (file.name, file.digest) == ("", str(file.pk))
        with pytest.raises(NotFound):
            work_notes.take_out(file_id=file.pk, reason="look", actor=ada, at=OVER[1])
    with pytest.raises(errors.ReportDeleted):
        reports.content_of(Report.objects.get())
    assert Record.objects.get(action=events.DATA_DELETED, target=case.public_id).reason
    assert not purge(OVER[1] + timedelta(days=1)).counts, "once"


def test_a_legal_hold_on_one_keeps_all_of_the_case(case, two, ada):
    hold(two[0], ada, person("boss", "COMPLIANCE_MANAGER"), until=(OVER[1] + timedelta(days=9)).date())
    assert (purge(OVER[1]).deleted, left()) == (1, WRITTEN)
    assert (purge(OVER[1] + timedelta(days=9)).deleted, left()) == (1, NOTHING)


def test_a_note_on_an_alert_of_no_case_goes_five_years_after_the_newest(two, ada):
    alert = alert_of(two[0], ada)
    write_on(alert, ada, at=AT.replace(year=2029))
    assert (purge(OVER[0]).deleted, left()["notes"]) == (0, 1)
    assert (purge(AT.replace(year=2034) - timedelta(days=1)).counts["notes"], left()["notes"]) == (0, 1)
    assert (purge(AT.replace(year=2034)).counts["notes"], left()["notes"]) == (1, 0)
    assert Alert.objects.get().disposition == "EXPLAINED"


def test_reports_of_no_case_and_the_files_in_which_they_left_go_by_their_own_clock(two, ada):
    report = report_drafts.blank(kind="SAR", day=AT.date(), actor=ada, at=AT)
    told = {"kind": "SAR", "file_name": "x.xml", "reports_count": 1, "total": 0, "digest": "0" * 64, "created_by": str(ada)}
    batch = ReportBatch.objects.create(**told, created_at=AT, sealed=crypto.seal(b"x", aad="x"), answered_at=AT, answer=b"x")
    end = AT.replace(year=2031)
    assert purge(end - timedelta(days=1)).counts["report_files"] == 0
    assert purge(end).counts == {"report_files": 1}, "a draft is never deleted"
    batch.refresh_from_db()
    assert (batch.sealed, batch.answer, batch.answered_at) == (None, None, AT)
    reports.withdraw(report_id=report.pk, reason="no", actor=ada, at=AT)
    hold(two[1], ada, person("boss", "COMPLIANCE_MANAGER"), until=(end + timedelta(days=5)).date())
    assert purge(end).counts["reports"] == 0, "nobody knows whether the hold is about it"
    assert purge(end + timedelta(days=5)).counts["reports"] == 1


def test_only_a_deletion_takes_a_files_name(case):
    for change in ({"name": "other"}, {"sealed": None, "size": 1}):
        with pytest.raises(IntegrityError, match="what was added is kept"), transaction.atomic():
            WorkFile.objects.update(**change)
    WorkFile.objects.update(sealed=None, name="")
    with pytest.raises(IntegrityError, match="what was added is kept"), transaction.atomic():
        WorkFile.objects.update(name="again")


def test_what_leads_to_a_person_goes_with_the_key_and_samples_of_backtests_in_their_time(partner, two, ada):
    row = customers.create(partner_id=partner.pk, kind="PERSON", country="DE", name="Cy", actor=SYSTEM, at=AT)
    asked = verifications.open(customer_id=row.pk, level="BASIC", metadata={"nickname": "Cy"}, actor=SYSTEM, at=AT)
    VerificationItem.objects.filter(verification=asked).update(value_index="digest")
    seen = moved(row, None, "5")
    type(seen).objects.filter(pk=seen.pk).update(device=row.pk, location="Rome", ip_country="IT")
    given = {"rule_set": "compliance.activity", "name": "cash", "actor": ada, "at": AT}
    versions.open_set(name="compliance.activity", vocabulary="compliance.activity", label="Activities", actor=ada, at=AT)
    condition = {"op": "eq", "left": {"fact": "is_cash"}, "right": {"value": True}}
    rule = versions.draft(title="Cash", note="To see it.", condition=condition, **given)
    lines = [{"customer": one.public_id, "at": "", "why": []} for one in (row, *two)]
    told = {"version": rule, "since": AT - timedelta(days=1), "until": AT, "asked_by": str(ada), "asked_at": AT}
    trial = RuleTrial.objects.create(**told, sample=lines)
    traces.forget(row.pk)
    seen.refresh_from_db()
    trial.refresh_from_db()
    assert (seen.device, seen.location, seen.ip_country, seen.amount) == (None, "", "", 5)
    assert Verification.objects.get().metadata == {}
    assert set(VerificationItem.objects.values_list("value_index", flat=True)) == {""}
    assert trial.sample == lines[1:]
    end = AT.replace(year=2031)
    assert purge(end - timedelta(days=1)).counts["samples"] == 0
    assert purge(end).counts["samples"] == 1
    trial.refresh_from_db()
    assert trial.sample == []


# Columns

STAFF = re.compile(r"_by$|^author$|^actor$|^User\.|^OfficerSkill\.|^SavedFilter\.")
# Of the platform, of lists that everybody may read, of companies; or figures, codes and digests by which nobody is found.
OTHERS = re.compile(
    r"^(ApiKey|Partner|Watchlist\w*|RefusedRow|Duty\w*|RequirementSet|RiskModelVersion|MonitoringRun|ScreeningRun|DeletionCertificate)\."
    r"|^(AlertEvidence|CustomerDay|VerificationCheck)\.|(?<!Mandate)\.(scenario|rule|reference|schema|status|bsa_id|faults|file_name|entry)$"
    r"|^(Case|Report|ReportBatch|RightsRequest|WorkFile|RuleTrial|Hit|CustomerRisk|RiskRating)\.(digest|material|decided_on|geography|model_digest"
    r"|by_customer|problem|parts|step)$|\.(\w*currency|rail|kind|country|payee_id|payee_digest|used_for|source_id|any_of|title|id|\w+(?<!external)_id|identity)$"
    # Of the books, of money, banks, fees and days.
    r"|^(Account|Book|ChartLine|BankAccount|BankStatement|BusinessDay|FeeSchedule|FxQuote|FxSpread|RailLimit|Rate|ReconciliationItem|SandboxFault)\.(?!metadata"
    r"|name$)|^(Book|ChartLine|BankAccount)\.name$|^(SandboxOrder|SealBlock|Block|VerificationEntry|BalanceCheck)\.|^Verification\.findings$"
    r"|^(ExternalAccount\.(routing_number|bic|bank_name|card_brand|link_account|last_return_code)|BankLink\.(provider|item|problem))$"
    r"|^(Payment|InboundEvent)\.(provider|provider_reference|purpose|trace|about|proof)$|^(Authorisation|Consent)\.(bank|scopes)$|^Journal\.cause$"
    r"|\.(kept_for|rate_via|reason_code|refusal_code|return_code|answer_code|format|message|delivered_to|code|cause|names|handler|former_items)$"
    r"|^(Batch|InboundFile|InboundEvent|Recall|BreakDocument)\.digest$|^(Move\.details|Dispute\.refusal|Batch\.answer|InboundFile\.name|StatementFile\.(name|sha256)|IdempotencyRecord\.fingerprint)$"
    r"|^(Event\.(type|subject|api_version)|Record\.(action|target|actor_\w+)|Verdict\.(point|subject)|Approval\.(subject|(maker|checker)_\w+))$"
)
APPS = ("accounts", "compliance", "wallets", "payments", "ledger") + tuple(
    f"flowlet_{name}" for name in ("events", "api", "audit", "decisions", "approvals")
)
FREE = (models.CharField, models.TextField, models.BinaryField, models.JSONField, models.UUIDField)


def columns():
    """Every column that can say something of its own."""
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                if (isinstance(field, FREE) or hasattr(field, "base_field")) and not field.is_relation and not field.choices:
                    name = f"{model.__name__}.{field.name}"
                    if not STAFF.search(name) and not STAFF.search(field.name) and not OTHERS.search(name):
                        yield name


def test_every_column_that_may_be_personal_stands_in_the_table_of_clocks():
    text = (settings.BASE_DIR / "docs" / "compliance.md").read_text()
    table = text.partition("### Column by column")[2].partition("\n#")[0]
    listed = re.findall(r"`([A-Z]\w+\.\w+)`", table)
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) ^ set(columns()) == set()

"""Reports to the authority: two people, deadlines, batch files and answers, and no trace outside."""

import hashlib
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from lxml import etree

from accounts.choices import Role
from accounts.models import User
from compliance import errors
from compliance.choices import ReportState
from compliance.models import Report, ReportBatch
from compliance.providers.fincen import sar, storing
from compliance.providers.fincen.errors import OtherBatch
from compliance.providers.fincen.storing import UnreadableReport
from compliance.services import report_batches, reports
from compliance.states import REPORT_MOVES
from compliance.tests.reports_made import CTR, SAR, ctrs, sars
from flowlet.audit.models import Record
from flowlet.core import crypto
from flowlet.core.actors import Actor, ActorKind, system
from flowlet.core.errors import Forbidden, FourEyesRequired, Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from flowlet.settings.compliance import SANDBOX_TRANSMITTER, transmitter
from flowlet.vault import columns

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
MAKER, CHECKER = (Actor(kind=ActorKind.STAFF, id=f"usr_{name}", label="Compliance officer") for name in ("maker", "checker"))
DETERMINED = date(2026, 11, 2)


def content(report=SAR):
    values = storing.to_json(report)
    return {name: value for name, value in values.items() if name not in ("reference", "filed_on")}


def drafted(report=SAR, **more):
    kind = "SAR" if isinstance(report, sar.Report) else "CTR"
    given = {"determined_on": DETERMINED} if kind == "SAR" else {}
    return reports.draft(kind=kind, content=content(report), actor=MAKER, at=AT, **(given | more))


def approved(report=SAR, **more):
    row = drafted(report, **more)
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    return reports.approve(report_id=row.pk, actor=CHECKER, at=AT)


def filed(*found):
    for report in found:
        approved(report)
    return report_batches.file(kind="SAR" if isinstance(found[0], sar.Report) else "CTR", actor=CHECKER, at=AT)


def answer(*receipts, status="A"):
    """FinCEN's answer: a BSA ID and the level of an error for each report."""
    parts = []
    for bsa_id, level in receipts:
        fault = f"<ErrorLevelText>{level}</ErrorLevelText><ErrorTypeCode>C21</ErrorTypeCode>" if level else ""
        parts.append(
            f"<EFilingActivityXML><BSAID>{bsa_id}</BSAID><EFilingActivityErrorXML>{fault}</EFilingActivityErrorXML></EFilingActivityXML>"
        )
    inner = f'<EFilingSubmissionXML StatusCode="{status}">{"".join(parts)}</EFilingSubmissionXML>'
    return f'<EFilingBatchXML StatusCode="{status}">{inner}</EFilingBatchXML>'.encode()


def state_of(row):
    return Report.objects.get(pk=row.pk).state


def test_a_report_goes_from_draft_to_a_file_that_is_valid_and_gets_its_number(bsa_schemas):
    row = drafted()
    assert (row.state, row.due_on, row.rule) == ("DRAFT", date(2026, 12, 2), "31 CFR 1020.320(b)(3)")
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    reports.approve(report_id=row.pk, actor=CHECKER, at=AT)
    batch = report_batches.file(kind="SAR", actor=CHECKER, at=AT)
    assert (batch.reports_count, batch.total, batch.schema) == (1, 10341, "EFL_SARXBatchSchema")
    assert re.fullmatch(r"SARX\.20261122150000\.\d+\.xml", batch.file_name)
    found = report_batches.download(batch_id=batch.pk, reason="to be sent", actor=CHECKER, at=AT)
    assert hashlib.sha256(found.content).hexdigest() == batch.digest
    assert row.reference.encode() in found.content
    assert b"<fc2:FilingDateText>20261122</fc2:FilingDateText>" in found.content
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    row.refresh_from_db()
    assert (row.state, row.bsa_id, row.filed_on, row.faults) == ("ACCEPTED", "31000000000001", date(2026, 11, 22), [])


def test_fifty_reports_of_each_kind_go_through_without_a_schema_error(bsa_schemas):
    for kind, found in (("SAR", sars(50, seed=11)), ("CTR", ctrs(50, seed=11))):
        for report in found:
            approved(report)
        batch = report_batches.file(kind=kind, actor=CHECKER, at=AT)
        assert (batch.reports_count, bool(batch.schema)) == (50, True)
        assert Report.objects.filter(kind=kind, state="FILED", batch=batch).count() == 50


@pytest.mark.parametrize(
    ("has_suspect", "filer", "due_on"),
    [(True, "BANK", date(2026, 12, 2)), (False, "BANK", date(2027, 1, 1)), (False, "MSB", date(2026, 12, 2))],
)
def test_time_runs_from_the_determination(settings, has_suspect, filer, due_on):
    settings.BSA_FILER = filer
    assert drafted(has_suspect=has_suspect).due_on == due_on


def test_a_report_of_cash_is_due_from_its_transaction():
    row = drafted(CTR)
    assert (row.counted_from, row.due_on) == (date(2026, 11, 12), date(2026, 11, 27))


def test_a_determination_is_needed_and_does_not_lie_ahead():
    for day in (None, date(2026, 11, 23)):
        with pytest.raises(Invalid):
            drafted(determined_on=day)
    assert not Report.objects.exists()


def test_who_proposes_does_not_approve_not_even_in_the_database():
    row = drafted()
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    with pytest.raises(FourEyesRequired):
        reports.approve(report_id=row.pk, actor=MAKER, at=AT)
    with pytest.raises(IntegrityError, match="report_is_approved_by_another_person"), transaction.atomic():
        Report.objects.filter(pk=row.pk).update(state="APPROVED", approved_by=str(MAKER), approved_at=AT)
    with pytest.raises(IntegrityError, match="report_leaves_after_two_people_decided"), transaction.atomic():
        Report.objects.filter(pk=row.pk).update(state="APPROVED")
    with pytest.raises(DatabaseError, match="proposed by somebody else"), transaction.atomic():
        Report.objects.filter(pk=row.pk).update(proposed_by=str(CHECKER))
    assert state_of(row) == "PROPOSED"


def test_a_report_does_not_begin_with_decisions():
    row = drafted()
    copied = Report(**{field.attname: getattr(row, field.attname) for field in Report._meta.fields if field.attname != "id"})
    copied.state, copied.proposed_by, copied.approved_by, copied.approved_at = "APPROVED", str(MAKER), str(CHECKER), AT
    with pytest.raises(DatabaseError, match="begins as a draft"), transaction.atomic():
        copied.save(force_insert=True)


def test_no_process_decides_about_reports():
    with pytest.raises(Forbidden):
        reports.draft(kind="CTR", content=content(CTR), actor=system("monitor"), at=AT)
    row = drafted()
    with pytest.raises(Forbidden):
        reports.propose(report_id=row.pk, actor=system("monitor"), at=AT)


def test_an_incomplete_report_is_kept_as_a_draft_and_not_proposed():
    row = drafted(replace(SAR, narrative="", subjects=()))
    with pytest.raises(errors.ReportIncomplete) as refusal:
        reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    assert [(gap["code"], gap["item"]) for gap in refusal.value.details["gaps"]] == [
        ("person.missing", "Part I"),
        ("narrative.missing", "Part V"),
    ]
    reports.change(report_id=row.pk, content=content(), reason="completed", actor=MAKER, at=AT)
    assert reports.propose(report_id=row.pk, actor=MAKER, at=AT).version == 2


def test_a_malformed_text_is_no_draft():
    with pytest.raises(UnreadableReport):
        reports.draft(kind="SAR", content=content() | {"subjects": "nobody"}, determined_on=DETERMINED, actor=MAKER, at=AT)
    assert not Report.objects.exists()
    assert not Record.objects.exists()


def test_only_a_draft_is_changed():
    row = drafted()
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    with pytest.raises(errors.ReportNotDraft):
        reports.change(report_id=row.pk, content=content(), reason="later", actor=MAKER, at=AT)
    with pytest.raises(DatabaseError, match="only a draft is changed"), transaction.atomic():
        Report.objects.filter(pk=row.pk).update(due_on=date(2030, 1, 1))
    reports.send_back(report_id=row.pk, reason="a name is wrong", actor=CHECKER, at=AT)
    assert reports.change(report_id=row.pk, content=content(), reason="a name", actor=MAKER, at=AT).version == 2
    row.refresh_from_db()
    assert (row.proposed_by, row.approved_by) == ("", "")


def test_an_earlier_text_in_the_place_of_the_approved_one_is_noticed():
    row = drafted()
    earlier = bytes(row.sealed)
    reports.change(
        report_id=row.pk, content=content(replace(SAR, note="FIN-2026-MULES")), reason="a key term", actor=MAKER, at=AT
    )
    reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    reports.approve(report_id=row.pk, actor=CHECKER, at=AT)
    Report.objects.filter(pk=row.pk).update(sealed=earlier)
    with pytest.raises(errors.ReportAltered):
        report_batches.file(kind="SAR", actor=CHECKER, at=AT)
    assert state_of(row) == "APPROVED"
    assert not ReportBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_officers_who_file_at_the_same_time_file_each_report_once():
    for _ in range(3):
        approved()
    gate = threading.Barrier(4)

    def run_once(_):
        try:
            connection.ensure_connection()
            gate.wait(30)
            return report_batches.file(kind="SAR", actor=CHECKER, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = [batch for batch in pool.map(run_once, range(4)) if batch is not None]
    assert sum(batch.reports_count for batch in made) == 3
    assert Report.objects.filter(state="FILED").count() == 3


def test_what_is_not_filed_is_kept_with_its_reason():
    row = drafted()
    reports.withdraw(report_id=row.pk, reason="the buyer showed invoices", actor=MAKER, at=AT)
    assert state_of(row) == "WITHDRAWN"
    assert Record.objects.get(action="compliance.report.withdrawn").reason == "the buyer showed invoices"
    with pytest.raises(IllegalMove):
        reports.propose(report_id=row.pk, actor=MAKER, at=AT)


def test_the_database_knows_the_moves_of_the_table():
    row = drafted()
    for current in ReportState:
        for target in ReportState:
            if target == current or target in REPORT_MOVES[current]:
                continue
            with transaction.atomic():
                raise_to(row, current)
                # Where no service leads, the guard is asked by itself.
                with pytest.raises(DatabaseError, match="cannot become"), transaction.atomic():
                    Report.objects.filter(pk=row.pk).update(state=target)
                transaction.set_rollback(True)


def raise_to(row, state):
    """Bring the row to a state by the services, within a transaction that is rolled back."""
    if state in ("PROPOSED", "APPROVED", "FILED", "ACCEPTED", "REJECTED"):
        reports.propose(report_id=row.pk, actor=MAKER, at=AT)
    if state in ("APPROVED", "FILED", "ACCEPTED", "REJECTED"):
        reports.approve(report_id=row.pk, actor=CHECKER, at=AT)
    if state in ("FILED", "ACCEPTED", "REJECTED"):
        batch = report_batches.file(kind="SAR", actor=CHECKER, at=AT)
        if state != "FILED":
            level = "" if state == "ACCEPTED" else "FATAL"
            report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", level)), actor=CHECKER, at=AT)
    if state == "WITHDRAWN":
        reports.withdraw(report_id=row.pk, reason="nothing in it", actor=MAKER, at=AT)
    assert state_of(row) == state


def test_an_amendment_and_a_continuing_report_name_the_one_before():
    batch = filed(SAR)
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000007", "WARN")), actor=CHECKER, at=AT)
    first = Report.objects.get()
    assert (first.state, first.faults) == ("ACCEPTED", [{"code": "C21", "element": "", "level": "WARN"}])
    amended = drafted(replace(SAR, filing=frozenset({sar.FilingType.AMENDMENT})), prior_id=first.pk)
    assert reports.form_of(amended, on=AT.date()).prior_bsa_id == "31000000000007"
    going_on = replace(
        SAR, filing=frozenset({sar.FilingType.CONTINUING}), activity=replace(SAR.activity, cumulative=SAR.activity.amount)
    )
    later = drafted(going_on, prior_id=first.pk)
    assert (later.counted_from, later.due_on) == (date(2026, 11, 22), date(2027, 3, 22))
    with pytest.raises(errors.PriorNotFiled):
        drafted(replace(SAR, filing=frozenset({sar.FilingType.AMENDMENT})), prior_id=amended.pk)


def test_what_was_rejected_is_drafted_again():
    batch = filed(SAR, replace(SAR, note="second"))
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", ""), ("", "FATAL")), actor=CHECKER, at=AT)
    first, second = Report.objects.order_by("place")
    assert (first.state, second.state) == ("ACCEPTED", "REJECTED")
    reports.send_back(report_id=second.pk, reason="the number was wrong", actor=CHECKER, at=AT)
    reports.propose(report_id=second.pk, actor=MAKER, at=AT)
    reports.approve(report_id=second.pk, actor=CHECKER, at=AT)
    again = report_batches.file(kind="SAR", actor=CHECKER, at=AT + timedelta(days=1))
    assert (again.reports_count, state_of(second)) == (1, "FILED")


def test_a_batch_that_was_not_accepted_rejects_all_of_its_reports():
    batch = filed(SAR)
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("", "FATAL"), status="R"), actor=CHECKER, at=AT)
    assert state_of(Report.objects.get()) == "REJECTED"


def test_an_answer_is_taken_once_and_whole():
    batch = filed(SAR)
    with pytest.raises(OtherBatch):
        report_batches.acknowledge(
            batch_id=batch.pk, content=answer(("31000000000001", ""), ("31000000000002", "")), actor=CHECKER, at=AT
        )
    assert state_of(Report.objects.get()) == "FILED"
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    with pytest.raises(errors.BatchAnswered):
        report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000009", "")), actor=CHECKER, at=AT)
    with pytest.raises(DatabaseError, match="fixed"), transaction.atomic():
        ReportBatch.objects.update(status="R")


def test_an_answer_that_gives_a_report_the_number_of_another_is_refused_and_nothing_of_it_is_used():
    report_batches.acknowledge(batch_id=filed(SAR).pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    batch = filed(SAR)
    with pytest.raises(OtherBatch, match="31000000000001"), transaction.atomic():
        report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    batch.refresh_from_db()
    assert (batch.answered_at, batch.reports.get().state) == (None, "FILED")


@pytest.mark.parametrize("day", [date(2026, 11, 23), date.max])
def test_cash_of_a_day_that_lies_ahead_is_refused(day):
    with pytest.raises(Invalid):
        drafted(replace(CTR, transacted_on=day))
    row = drafted(CTR)
    with pytest.raises(Invalid):
        reports.change(report_id=row.pk, content=content(replace(CTR, transacted_on=day)), reason="day", actor=MAKER, at=AT)
    assert Report.objects.get().version == 1


def test_a_file_takes_each_approved_report_once_most_urgent_first():
    late, early = approved(determined_on=date(2026, 11, 10)), approved(determined_on=date(2026, 11, 1))
    drafted()
    batch = report_batches.file(kind="SAR", actor=CHECKER, at=AT)
    assert [row.pk for row in batch.reports.order_by("place")] == [early.pk, late.pk]
    assert report_batches.file(kind="SAR", actor=CHECKER, at=AT + timedelta(minutes=1)) is None
    root = etree.fromstring(report_batches.download(batch_id=batch.pk, reason="to send", actor=CHECKER, at=AT).content)
    assert root.get("ActivityCount") == "2"


def test_a_changed_file_is_noticed():
    batch = filed(SAR)
    ReportBatch.objects.update(sealed=crypto.seal(b"<other/>", aad=report_batches.aad(batch)))
    with pytest.raises(errors.BatchDiffers):
        report_batches.download(batch_id=batch.pk, reason="to send", actor=CHECKER, at=AT)


def test_without_a_transmitter_nothing_is_proposed(settings):
    settings.BSA_TRANSMITTER = {}
    row = drafted()
    with pytest.raises(errors.NoTransmitter):
        reports.propose(report_id=row.pk, actor=MAKER, at=AT)


def test_reports_are_not_deleted():
    filed(SAR)
    for model in (Report, ReportBatch):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()


def test_nothing_of_a_report_is_told_outside_and_nothing_stands_in_clear():
    batch = filed(SAR)
    reports.read(report_id=Report.objects.get().pk, reason="to compare", actor=CHECKER, at=AT)
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    assert not Event.objects.exists()
    records = list(Record.objects.order_by("pk"))
    assert [record.action.removeprefix("compliance.") for record in records] == [
        "report.drafted",
        "report.proposed",
        "report.approved",
        "report_batch.made",
        "report.filed",
        "report.read",
        "report_batch.answered",
        "report.answered",
    ]
    assert {record.partner_id for record in records} == {None}
    kept = json.dumps([[record.before, record.after, record.reason, record.target] for record in records])
    row = Report.objects.get()
    clear = kept + "".join(str(getattr(row, field.attname)) for field in Report._meta.fields)
    for word in ("Lind", "Marta", "512345671", "furniture", "9900112233"):
        assert word not in clear
    assert b"Lind" not in bytes(row.sealed) + bytes(batch.sealed)


def test_sealed_columns_are_known_to_the_rotation_of_keys():
    filed(SAR)
    names = {column.name for column in columns.registered()}
    assert {"compliance_report.sealed", "compliance_reportbatch.sealed", "compliance_reportbatch.answer"} <= names


def test_whoever_sends_reports_has_all_of_its_variables_or_none(monkeypatch):
    assert transmitter(production=True) == {}
    assert transmitter(production=False) == SANDBOX_TRANSMITTER
    for name, value in SANDBOX_TRANSMITTER.items():
        monkeypatch.setenv(f"FLOWLET_BSA_{name}".upper(), value.upper())
    assert transmitter(production=True)["city"] == "NEW YORK"
    monkeypatch.delenv("FLOWLET_BSA_TIN")
    with pytest.raises(ImproperlyConfigured, match="FLOWLET_BSA_TIN missing"):
        transmitter(production=True)


@pytest.fixture
def people(db):
    return [
        User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role]).email
        for role in (Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.OPERATIONS)
    ]


def run(*words):
    out = StringIO()
    call_command("export_reports", *words, stdout=out)
    return out.getvalue().strip()


def test_the_command_goes_the_whole_way(people, tmp_path, bsa_schemas):
    officer, manager, outsider = people
    (tmp_path / "sar.json").write_text(json.dumps(content()))
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    with pytest.raises(CommandError, match=r"compliance\.prepare_report"):
        run("draft", "--kind", "SAR", "--content", str(tmp_path / "sar.json"), "--determined-on", day, "--as", outsider)
    key = run("draft", "--kind", "SAR", "--content", str(tmp_path / "sar.json"), "--determined-on", day, "--as", officer).split()[
        0
    ]
    assert run("check", key, "--as", officer) == "Nothing is missing."
    assert "27 days" in run("list", "--as", officer)
    run("propose", key, "--as", officer)
    with pytest.raises(CommandError, match=r"compliance\.approve_report"):
        run("approve", key, "--as", officer)
    run("approve", key, "--as", manager)
    told = run("file", "--kind", "SAR", "--as", manager)
    assert "valid against EFL_SARXBatchSchema" in told
    batch = told.split()[0]
    run("download", batch, "--to", str(tmp_path), "--reason", "to be sent", "--as", manager)
    (file,) = tmp_path.glob("SARX.*.xml")
    assert etree.parse(file).getroot().get("ActivityCount") == "1"
    (tmp_path / "ack.xml").write_bytes(answer(("31000000000001", "")))
    assert run("acknowledge", batch, "--answer", str(tmp_path / "ack.xml"), "--as", manager) == f"{key}  accepted  31000000000001"
    with pytest.raises(CommandError, match=r"compliance\.prepare_report"):
        run("list", "--as", outsider)

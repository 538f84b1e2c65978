"""The pages of reports to the authority: the queue, the states as deeds, the files; and no trace for who may not know."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from accounts.choices import Role
from compliance.choices import ReportState
from compliance.models import Report, ReportBatch
from compliance.providers.fincen import sar
from compliance.services import report_batches, reports
from compliance.tests.reports_made import CTR, SAR
from compliance.tests.test_reports import answer, content
from flowlet.audit.models import Block, Record
from flowlet.backoffice import cells, site
from flowlet.backoffice.testing import press, reveal, signed_in
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind

pytestmark = pytest.mark.django_db
LIST, BATCHES = "/admin/compliance/report/", "/admin/compliance/reportbatch/"
OFFICER, MANAGER = Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER
PERSONAL = ("Lind", "L898902C3", "9900112233", SAR.narrative[:30])


@pytest.fixture
def acting(staff_of):
    def make(role):
        user = staff_of(role)
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)

    return make


@pytest.fixture
def drafted(acting):
    """A draft of the officer's, determined so many days ago."""

    def make(report=SAR, *, days=3, by=OFFICER, **more):
        at = clock.now()
        kind = "SAR" if isinstance(report, sar.Report) else "CTR"
        given = {"determined_on": at.date() - timedelta(days=days)} if kind == "SAR" else {}
        return reports.draft(kind=kind, content=content(report), actor=acting(by), at=at, **(given | more))

    return make


@pytest.fixture
def filed(acting, drafted):
    """A report that stands in a file."""

    def make(report=SAR):
        row = drafted(report)
        reports.propose(report_id=row.pk, actor=acting(OFFICER), at=clock.now())
        reports.approve(report_id=row.pk, actor=acting(MANAGER), at=clock.now())
        report_batches.file(kind=row.kind, actor=acting(MANAGER), at=clock.now())
        return Report.objects.get(pk=row.pk)

    return make


def page_of(client, row):
    return client.get(cells.admin_url(row)).content.decode()


def test_the_queue_shows_what_is_due_first_and_nothing_personal(sit, drafted):
    client, today = sit(OFFICER), clock.now().date()
    late, soon, far = drafted(days=33), drafted(days=26), drafted(days=1)
    shown = client.get(LIST).content.decode()
    assert shown.index(late.reference) < shown.index(soon.reference) < shown.index(far.reference)
    for text in (f"{today - timedelta(days=3)}, 3 d overdue", "4 d left", "29 d left", "Compliance officer"):
        assert text in shown
    assert not [text for text in PERSONAL if text in shown]
    assert far.reference not in client.get(LIST + "?due=5").content.decode()
    assert soon.reference not in client.get(LIST + "?due=late").content.decode()
    reports.withdraw(report_id=late.pk, reason="the invoice was real", actor=Actor(ActorKind.STAFF, "usr_x", ""), at=clock.now())
    assert late.reference not in client.get(LIST).content.decode()
    assert late.reference in client.get(LIST + "?queue=withdrawn").content.decode()
    assert "Reports due" in client.get("/admin/").content.decode()


def test_who_proposed_sees_that_another_has_to_approve(sit, drafted):
    row, manager = drafted(by=MANAGER), sit(MANAGER)
    assert press(manager, row, "propose").status_code == 302
    assert 'disabled title="Who proposed the report does not approve it."' in page_of(manager, row)
    assert press(manager, row, "approve").status_code == 403
    assert press(sit(OFFICER), row, "approve").status_code == 403, "an officer prepares, and does not approve"
    assert Report.objects.get().state == ReportState.PROPOSED
    assert press(manager, row, "send_back", reason="the amount is of another month").status_code == 302
    assert press(sit(OFFICER), row, "propose").status_code == 302
    assert press(manager, row, "approve").status_code == 302
    assert Report.objects.get().state == ReportState.APPROVED


def test_what_is_missing_is_named_by_item_and_not_proposed(sit, drafted):
    row, officer = drafted(replace(SAR, narrative="", activity=replace(SAR.activity, classifications=()))), sit(OFFICER)
    shown = page_of(officer, row)
    assert "Item 32-42" in shown and "Say what kind of activity it was." in shown and "Tell what happened." in shown
    assert press(officer, row, "propose").status_code == 422
    assert Report.objects.get().state == ReportState.DRAFT


def test_reading_takes_a_reason_which_the_audit_keeps(sit, drafted):
    row, officer = drafted(), sit(OFFICER)
    shown = page_of(officer, row)
    assert not [text for text in PERSONAL if text in shown]
    assert reveal(officer, row, "text", reason="").status_code == 400
    answered = reveal(officer, row, "text", reason="to check the amount")
    assert "Lind" in answered.content.decode() and "no-store" in answered["Cache-Control"]
    read = Record.objects.get(action="compliance.report.read")
    assert (read.target, read.reason, read.partner_id) == (row.public_id, "to check the amount", None)


def test_nobody_else_finds_a_trace_of_a_report(staff_of, filed):
    made, batch = filed(), ReportBatch.objects.get()
    records = list(Record.objects.filter(target__in=[made.public_id, batch.public_id]))
    pages = [LIST, BATCHES, cells.admin_url(made), cells.admin_url(batch)]
    # What was asked for stands in the address and in the search box; nothing else may say it.
    asked = {"/admin/", "/admin/flowlet_audit/record/", f"/admin/find/?q={made.public_id}", f"/admin/search/?s={made.reference}"}
    traces = (
        made.reference,
        batch.public_id,
        batch.file_name,
        "compliance.report",
        cells.admin_url(made),
        *map(cells.admin_url, records),
    )
    for role in Role.values:
        user = staff_of(role)
        client, knows = signed_in(user), role in (OFFICER, MANAGER)
        assert {client.get(url).status_code for url in pages} == {200 if knows else 403}, role
        opened = {client.get(cells.admin_url(one)).status_code for one in records}
        assert opened == {200} if knows else opened in ({403}, {404}), role
        shown = {url: client.get(url).content.decode().replace(f"s={made.reference}", "") for url in asked}
        found = {text for text in traces if any(text in body for body in shown.values())}
        assert ("compliance.report" in found) == knows, role
        assert knows or not found, role
        request = RequestFactory().get("/admin/")
        request.user = user
        (_, table) = site._registry[Block].panels_for(request, block := Block(record_ids=[one.pk for one in records]))
        assert len(table.context(block, request)["body"]) == (len(records) if knows else 0), role


def test_a_file_is_made_taken_out_and_answered(sit, acting, drafted):
    row, manager = drafted(), sit(MANAGER)
    reports.propose(report_id=row.pk, actor=acting(OFFICER), at=clock.now())
    press(manager, row, "approve")
    assert "Reports to be filed" in manager.get("/admin/").content.decode()
    manager.post(BATCHES + "do/file/", {"kind": "SAR"})
    batch = ReportBatch.objects.get()
    shown = page_of(manager, batch)
    assert batch.digest in shown and "waits for FinCEN" in shown and row.reference in shown
    taken = press(manager, batch, "download", reason="to hand it in")
    assert (taken["Content-Type"], batch.file_name in taken["Content-Disposition"]) == ("application/xml", True)
    assert b"Lind" in b"".join(taken)
    assert Record.objects.get(action="compliance.report_batch.taken_out").reason == "to hand it in"
    for said, why in ((b"<other/>", "no EFilingBatchXML"), (answer(("1", ""), ("2", "")), "14 digits"), (b"no XML", "")):
        refused = press(manager, batch, "acknowledge", file=SimpleUploadedFile("ack.xml", said))
        assert refused.status_code in (400, 422) and why in refused.content.decode(), said
    other = press(
        manager, batch, "acknowledge", file=SimpleUploadedFile("ack.xml", answer(("31000000000001", ""), ("31000000000002", "")))
    )
    assert "It answers for 2 reports, the batch has 1." in other.content.decode()
    right = SimpleUploadedFile("ack.xml", answer(("31000000000001", "WARN")))
    assert press(manager, batch, "acknowledge", file=right).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.bsa_id) == ("ACCEPTED", "31000000000001")
    shown = page_of(manager, batch)
    assert "C21 WARN" in shown and "31000000000001" in shown and "do/acknowledge" not in shown
    assert press(sit(OFFICER), batch, "download", reason="to hand it in").status_code == 403
    deeds = Record.objects.filter(target=batch.public_id).order_by("id").values_list("action", flat=True)
    assert [deed.rpartition(".")[2] for deed in deeds] == ["made", "taken_out", "answered"]


def test_a_filed_report_is_amended_and_continued_from_its_page(sit, filed):
    first, officer = filed(), sit(OFFICER)
    day = clock.now().date()
    assert press(officer, first, "amend", determined_on="").status_code == 400, "the day of the determination is asked for"
    assert press(officer, first, "amend", determined_on=day.isoformat()).status_code == 302
    assert press(officer, first, "continue").status_code == 302
    amended, later = Report.objects.filter(prior=first).order_by("pk")
    for name, data in (("amend", {"determined_on": day.isoformat()}), ("continue", {})):
        again = press(officer, first, name, **data)
        assert (again.status_code, "follows it so already" in again.content.decode()) == (409, True)
    before = reports.content_of(first)
    assert reports.content_of(amended) == before | {"filing": [sar.FilingType.AMENDMENT.value]}
    form = reports.form_of(later, on=day)
    assert (form.filing, form.narrative, form.subjects) == (frozenset({sar.FilingType.CONTINUING}), "", SAR.subjects)
    assert form.activity.since == (SAR.activity.to or SAR.activity.since) + timedelta(days=1)
    assert (form.activity.amount, form.activity.cumulative) == (None, SAR.activity.amount)
    assert later.due_on == day + timedelta(days=120)
    shown = page_of(officer, first)
    assert amended.reference in shown and later.reference in shown
    assert "do/amend" not in page_of(officer, amended)
    assert "It was not filed; change it instead." in press(officer, amended, "amend").content.decode()


def test_cash_has_no_continuing_report(sit, filed):
    cash = filed(replace(CTR, transacted_on=clock.now().date()))
    assert "do/continue" not in page_of(sit(OFFICER), cash)
    refused = press(sit(OFFICER), cash, "continue")
    assert (refused.status_code, "Cash of another day is another report." in refused.content.decode()) == (409, True)
    assert press(sit(OFFICER), cash, "amend").status_code == 302

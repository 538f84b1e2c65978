"""The guided form: nothing is lost between text and fields, what is missing is said as it is typed, and it opens for a reason only."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from accounts.choices import Role
from compliance.admin import report_fields
from compliance.admin.report_forms import GUIDES
from compliance.models import Report
from compliance.providers.fincen import codes, ctr, sar, storing
from compliance.providers.fincen.texts import clean
from compliance.services import reports
from compliance.tests.reports_made import CTR, SAR, ctrs, sars
from compliance.tests.test_reports import content
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind

OFFICER = Role.COMPLIANCE_OFFICER


def sent(kind, values, **more):
    """What a browser sends of the form that is drawn for the values."""
    data = []

    def put(nodes):
        for node in nodes:
            if isinstance(node, report_fields.Many):
                data.append((f"{node.name}._count", str(node.count)))
                for entry in node.entries:
                    put(entry.nodes)
            elif node.kind in ("select", "checks"):
                data.extend((node.name, value) for value, _, chosen in node.options if chosen)
            elif node.kind == "check":
                data.extend([(node.name, "on")] if node.value else [])
            else:
                data.append((node.name, str(node.value).replace("\n", "\r\n")))

    form, sections = GUIDES[kind]
    for section in sections:
        put(report_fields.draw(form, section, values))
    data = [(name, value) for name, value in data if name not in more] + list(more.items())
    return QueryDict(urlencode(data))


def read(kind, data, base):
    return report_fields.take(*GUIDES[kind], data, base)


@pytest.mark.parametrize(("kind", "made"), [("SAR", sars), ("CTR", ctrs)])
def test_a_form_that_is_sent_as_it_was_drawn_changes_nothing(kind, made):
    for report in made(20, seed=23):
        before = content(report)
        own = {"reference": report.reference, "filed_on": report.filed_on.isoformat()}
        told = storing.from_json(type(report), read(kind, sent(kind, before), before) | own)
        if kind == "SAR":  # a browser sends other line ends, and the writer makes one line of them anyway
            told = replace(told, narrative=report.narrative if clean(told.narrative) == clean(report.narrative) else "another")
        assert told == report


@pytest.mark.parametrize(("kind", "form"), [("SAR", sar.Report), ("CTR", ctr.Report)])
def test_every_line_of_the_table_is_a_field_of_the_report(kind, form):
    for section in GUIDES[kind][1]:
        assert report_fields.draw(form, section, {})
    assert [section.title for section in GUIDES["SAR"][1]] == ["Filing institution", "Subjects", "Activity", "Narrative"]


@pytest.mark.parametrize(
    ("typed", "where", "value"),
    [
        ({"activity.amount": "12,500.50"}, ("activity", "amount"), {"amount": "12500.50", "currency": "USD"}),
        ({"activity.amount": "much"}, ("activity", "amount"), {"amount": "much", "currency": "USD"}),
        ({"subjects.0.name.last": "  van  der Berg "}, ("subjects", 0, "name", "last"), "van der Berg"),
        ({"subjects.0.born.year": "19x8"}, ("subjects", 0, "born", "year"), "19x8"),
        ({"subjects.0.emails": "a@b.example\r\n\r\nc@d.example"}, ("subjects", 0, "emails"), ["a@b.example", "c@d.example"]),
        ({"subjects.0.has_confessed": "no"}, ("subjects", 0, "has_confessed"), False),
        ({"activity.classifications.0.subtype": "114"}, ("activity", "classifications", 0, "subtype"), 114),
    ],
)
def test_what_is_typed_stands_in_its_place(typed, where, value):
    found = read("SAR", sent("SAR", content(), **typed), content())
    for step in where:
        found = found[step]
    assert found == value


def test_what_was_emptied_or_taken_away_is_gone_and_what_has_no_field_stays():
    before = content()
    before["law_enforcement"] = {"agency": "FBI"}
    emptied = {f"subjects.0.born.{part}": "" for part in ("year", "month", "day")}
    found = read("SAR", sent("SAR", before, **emptied), before)
    assert "born" not in found["subjects"][0] and found["law_enforcement"] == {"agency": "FBI"}
    gone = read("SAR", sent("SAR", before, **{"subjects.0._remove": "on"}), before)
    assert len(gone["subjects"]) == len(before["subjects"]) - 1
    kept = report_fields.take(*GUIDES["SAR"], sent("SAR", before, **{"subjects.0._remove": "on"}), before, keep=True)
    assert kept["subjects"][0]["_remove"] is True


@pytest.mark.parametrize(("kind", "report"), [("SAR", SAR), ("CTR", CTR)])
def test_who_reads_it_sees_all_of_it_in_words(kind, report):
    values = content(report)
    told = report_fields.said(*GUIDES[kind], values)
    pairs = dict(told)
    who = "Subject 1" if kind == "SAR" else "Person 1"
    assert len(pairs) == len(told) == len(dict(report_fields._plain(values, "")))
    assert pairs[f"{who}, 4 Last name, or the entity's legal name"] == "Lind"
    if kind == "SAR":
        assert (pairs["1 Type of filing"], pairs["Part V Who, what, when, where, why, how"]) == ("Initial", SAR.narrative)
        more = dict(report_fields.said(*GUIDES[kind], values | {"law_enforcement": {"agency": "FBI"}}))
        assert more["law enforcement, agency"] == "FBI", "what has no field is told too"


def test_every_code_can_be_chosen():
    offered = {
        line.path: set(line.options) for kind in GUIDES for section in GUIDES[kind][1] for line in section.lines if line.options
    }
    assert offered["activity.classifications[].subtype"] == set(codes.ACTIVITIES)
    assert offered["activity.assets[].code"] == {*codes.PRODUCTS, *codes.INSTRUMENTS}
    assert offered["details[].code"] == {*codes.CASH_IN, *codes.CASH_OUT}
    assert offered["persons[].role"] == {role.value for role in ctr.PERSON_ROLES}


@pytest.fixture
def drafted(staff_of):
    def make(report=SAR, **less):
        user, at = staff_of(OFFICER), clock.now()
        kind = "SAR" if isinstance(report, sar.Report) else "CTR"
        given = {"determined_on": at.date() - timedelta(days=3)} if kind == "SAR" else {}
        values = content(report) | less
        return reports.draft(kind=kind, content=values, actor=Actor(ActorKind.STAFF, user.public_id, ""), at=at, **given)

    return make


def opened(client, row):
    """The form's address, which opens after a reason."""
    return press(client, row, "fill", reason="to complete the draft")["Location"]


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_opens_for_a_reason_that_the_audit_keeps_and_for_nobody_else(sit, drafted):
    row, officer, manager = drafted(), sit(OFFICER), sit(Role.COMPLIANCE_MANAGER)
    bare = cells.admin_url(row).replace("change/", "form/")
    assert officer.get(bare)["Location"] == cells.admin_url(row), "without a reason: back to the page"
    url = opened(officer, row)
    assert Record.objects.get(action="compliance.report.read").reason == "to complete the draft"
    shown = officer.get(url)
    assert "no-store" in shown["Cache-Control"] and 'value="Lind"' in shown.content.decode()
    assert manager.get(url).status_code == 302, "the address is one person's"
    assert opened(officer, drafted()) != url
    for role in set(Role.values) - {OFFICER, Role.COMPLIANCE_MANAGER}:
        assert sit(role).get(url).status_code == 403, role
    reports.propose(report_id=row.pk, actor=Actor(ActorKind.STAFF, "usr_x", ""), at=clock.now())
    assert press(officer, row, "fill", reason="to complete the draft").status_code == 409


@pytest.mark.django_db
def test_what_is_missing_is_said_as_it_is_typed_and_nothing_is_kept(sit, drafted):
    row, officer = drafted(narrative=""), sit(OFFICER)
    url = opened(officer, row)
    ask = url.replace("/form/", "/gaps/")
    data = sent("SAR", reports.content_of(row))
    shown = text_of(officer.get(url))
    assert 'data-goto="f-narrative"' in shown and "Tell what happened." in shown
    assert "Tell what happened." in text_of(officer.post(ask, data.dict()))
    told = data.copy()
    told["narrative"], told["subjects.0.name.last"] = SAR.narrative, ""
    said = text_of(officer.post(ask, {name: told.getlist(name) for name in told}))
    assert "Tell what happened." not in said
    assert "Item 4" in said and "Subject 1:" in said and 'data-goto="f-subjects.0.name.last"' in said
    told["activity.since"] = "soon"
    assert "Cannot be read" in text_of(officer.post(ask, {name: told.getlist(name) for name in told}))
    assert Report.objects.get().version == 1


@pytest.mark.django_db
@pytest.mark.parametrize("report", [SAR, CTR], ids=["SAR", "CTR"])
def test_a_form_is_kept_refused_and_protected_against_a_stale_page(sit, drafted, report):
    row, officer = drafted(report), sit(OFFICER)
    url, data = opened(officer, row), sent(row.kind, reports.content_of(row)).copy()
    who = "subjects" if row.kind == "SAR" else "persons"
    data["version"], data["reason"], data[f"{who}.0.name.middle"] = "1", "the name as in the passport", "Elena"
    data["has_suspect"] = "on"

    def post(**more):
        return officer.post(url, {**{name: data.getlist(name) for name in data}, **more})

    grown = post(add=who)
    assert (grown.status_code, f'name="{who}.1.name.last"' in text_of(grown)) == (200, True)
    day = "activity.since" if row.kind == "SAR" else "transacted_on"
    refused = post(**{day: "soon"})
    assert refused.status_code == 400 and 'value="Elena"' in refused.content.decode(), "what was typed stays"
    assert Report.objects.get().version == 1
    assert post(close="")["Location"] == cells.admin_url(row)
    row.refresh_from_db()
    assert reports.content_of(row)[who][0]["name"]["middle"] == "Elena"
    assert row.version == 2
    assert Record.objects.get(action="compliance.report.changed").reason == "the name as in the passport"
    assert post().status_code == 409, "the version is not the one that was shown"


@pytest.mark.django_db
def test_a_report_of_many_fits_into_the_form(sit, drafted):
    row, officer = drafted(subjects=content()["subjects"] * 40), sit(OFFICER)
    url, data = opened(officer, row), sent("SAR", reports.content_of(row), version="1", note="FIN-2026-MANY")
    assert len(data) > 1000
    assert officer.post(url, {name: data.getlist(name) for name in data}).status_code == 302
    assert len(reports.content_of(Report.objects.get())["subjects"]) == 40 * len(SAR.subjects)

"""The pages of watchlists: how old, what is different, what was refused, and who may look."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.choices import Role
from compliance.admin.watchlists import to_update
from compliance.models import RefusedRow, Watchlist, WatchlistEntry, WatchlistVersion
from compliance.providers.watchlists.reading import SourceFile
from compliance.services import watchlist_imports
from compliance.tests import watchlist_samples as samples
from compliance.tests.watchlist_samples import sdn_row
from flowlet.backoffice import cells
from flowlet.core import actors, clock

pytestmark = pytest.mark.django_db
LOOKERS = {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER, Role.FRAUD_ANALYST, Role.AUDITOR}
BORN = "DOB circa 1951; alt. DOB 10 Dec 1948; nationality Atlantis; nationality Iran; Passport A1 (Iran); a.k.a. 'THE WEAK ONE'."


def bring_in(*rows, days_ago):
    files = [SourceFile("primary", "sdn.csv", b"".join(rows))]
    at = clock.now() - timedelta(days=days_ago)
    return watchlist_imports.bring_in(code="ofac-sdn", files=files, actor=actors.system("tests"), at=at)


@pytest.fixture
def versions(db):
    return [
        bring_in(sdn_row(1, "ONE", remarks=BORN), sdn_row(2, "TWO"), days_ago=20),
        bring_in(sdn_row(1, "ONE RENAMED", remarks=BORN), sdn_row(3, "THREE"), sdn_row(3, "THREE AGAIN"), days_ago=8),
    ]


def page(client, target, **query):
    answer = client.get(cells.admin_url(target, "changelist" if isinstance(target, type) else "change"), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_list_says_how_many_are_on_it_and_stands_out_when_it_is_old(sit, versions):
    plain = page(sit(Role.COMPLIANCE_OFFICER), Watchlist)
    assert "OFAC: Specially Designated Nationals" in plain
    assert '<span class="fl-badge fl-warn">8 days</span>' in plain
    bring_in(sdn_row(1, "ONE RENAMED", remarks=BORN), days_ago=0)
    assert '<span class="fl-badge fl-good">today</span>' in page(sit(Role.COMPLIANCE_OFFICER), Watchlist)


def test_a_version_shows_its_files_its_difference_and_every_row_that_was_not_taken(sit, versions):
    plain = page(sit(Role.AUDITOR), versions[1])
    for said in ("Removed", "TWO", "Changed", "ONE RENAMED", "names", "Added", "THREE", "1, of which 1 renamed"):
        assert said in plain, said
    assert "entry 3 stands on line 2 already" in plain and "THREE AGAIN" in plain
    assert versions[1].files.get().file.digest in plain
    assert "Atlantis" in plain
    assert "Version 1" in plain


def test_an_entry_shows_what_it_says_its_names_and_what_became_of_it(sit, versions):
    row = WatchlistEntry.objects.get(entry="ofac-1", number=2)
    plain = page(sit(Role.FRAUD_ANALYST), row)
    for said in ("about 1951; 1948-12-10", "Iran", "Passport A1 IR", "THE WEAK ONE", "Weak", "ONE RENAMED", "Version 1"):
        assert said in plain, said
    left = page(sit(Role.FRAUD_ANALYST), WatchlistEntry.objects.get(entry="ofac-2", number=2))
    assert "It left the list." in left and "Removed" in left


def test_entries_are_found_by_the_publishers_number_and_both_lists_by_the_version(sit, versions):
    client = sit(Role.COMPLIANCE_OFFICER)
    found = page(client, WatchlistEntry, q="ofac-2")
    assert found.count(">ofac-2<") == 2 and ">ofac-1<" not in found
    of_second = page(client, WatchlistEntry, q=versions[1].public_id)
    assert all(f">ofac-{number}<" in of_second for number in (1, 2, 3)) and ">ONE<" not in of_second
    assert "entry 3 stands on line 2 already" in page(client, RefusedRow, q=versions[1].public_id)
    assert "entry 3 stands on line 2 already" not in page(client, RefusedRow, q=versions[0].public_id)
    assert versions[0].public_id in page(client, WatchlistVersion, q=versions[0].watchlist.public_id)


def upload(client, **given):
    data = {"code": "ofac-sdn", "reason": "weekly update", **given}
    return client.post(f"{cells.admin_url(Watchlist, 'changelist')}do/bring_in/", data, follow=True)


def test_an_officer_brings_the_publishers_files_in_by_the_page(sit):
    client = sit(Role.COMPLIANCE_OFFICER)
    files = [SimpleUploadedFile("sdn.csv", samples.SDN), SimpleUploadedFile("alt.csv", samples.ALT)]
    answer = upload(client, files=files, published_on="2026-03-01")
    assert "Version 1 is in force: 3 added, 0 changed, 0 removed." in answer.content.decode()
    version = WatchlistVersion.objects.get()
    assert (version.entries, str(version.published_on), version.reason) == (3, "2026-03-01", "weekly update")
    assert version.imported_by.startswith("staff:usr_")
    assert list(version.files.order_by("id").values_list("role", flat=True)) == ["primary", "aliases"]
    # An update of one file keeps the other.
    rows = samples.sdn_row(101, "ORLOV, Example Petrovich") + samples.sdn_row(101, "AGAIN")
    answer = upload(client, files=[SimpleUploadedFile("sdn.csv", rows)])
    text = "Version 2 is in force: 0 added, 1 changed, 2 removed; 2 rows were refused, see the version."
    assert text in answer.content.decode()
    second = WatchlistVersion.objects.get(number=2)
    assert list(second.files.order_by("id").values_list("role", "is_carried_over")) == [("primary", False), ("aliases", True)]


def test_a_list_of_ones_own_is_brought_in_whatever_its_file_is_called(sit):
    answer = upload(
        sit(Role.COMPLIANCE_MANAGER), code="own-house", title="The house's own", files=[SimpleUploadedFile("x.csv", samples.OWN)]
    )
    assert "Version 1 is in force: 2 added" in answer.content.decode()
    assert Watchlist.objects.get().title == "The house's own"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"notes.txt": b"x", "sdn.csv": samples.SDN}, "notes.txt is no file of ofac-sdn"),
        ({"alt.csv": samples.ALT}, "The primary file of ofac-sdn is missing"),
        ({"sdn.csv": b"<html>"}, "the first rows are not 12 columns"),
        ({}, "This field is required."),
    ],
)
def test_what_is_no_list_is_refused_on_the_page_in_words_and_nothing_is_written(sit, files, said):
    answer = upload(sit(Role.COMPLIANCE_OFFICER), files=[SimpleUploadedFile(*one) for one in files.items()])
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not WatchlistVersion.objects.exists()


def test_files_that_are_too_large_for_a_page_are_sent_to_the_command(sit, monkeypatch):
    monkeypatch.setattr("compliance.admin.watchlists.LARGEST", 10)
    answer = upload(sit(Role.COMPLIANCE_OFFICER), files=[SimpleUploadedFile("sdn.csv", samples.SDN)])
    assert "use the command import_watchlist" in answer.content.decode()
    assert not WatchlistVersion.objects.exists()


def test_only_compliance_may_bring_files_in(sit, versions):
    for role in (Role.AUDITOR, Role.FRAUD_ANALYST, Role.OPERATIONS):
        assert upload(sit(role), files=[SimpleUploadedFile("sdn.csv", samples.SDN)]).status_code == 403
    assert WatchlistVersion.objects.count() == 2


def test_a_sanctions_list_that_is_older_than_a_week_waits_on_the_first_page_of_those_who_may_update_it(sit, versions):
    assert "Watchlists to update" in sit(Role.COMPLIANCE_OFFICER).get("/admin/").content.decode()
    assert "Watchlists to update" not in sit(Role.AUDITOR).get("/admin/").content.decode()
    bring_in(sdn_row(1, "ONE RENAMED", remarks=BORN), days_ago=0)
    assert to_update(None) is None


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PARTNER_DEVELOPER])
def test_only_those_who_decide_on_names_or_audit_may_look(sit, versions, role):
    expected = 200 if role in LOOKERS else 403
    for model in (Watchlist, WatchlistVersion, WatchlistEntry, RefusedRow):
        client = sit(role)
        assert client.get(cells.admin_url(model, "changelist")).status_code == expected, model
        assert client.get(cells.admin_url(model.objects.first())).status_code == expected, model

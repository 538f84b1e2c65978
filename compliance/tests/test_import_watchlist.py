"""The command: in somebody's name, with the difference and every refused row."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role
from compliance.models import WatchlistVersion
from compliance.tests import watchlist_samples as samples
from compliance.tests.watchlist_samples import sdn_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sdn.csv").write_bytes(samples.SDN)
    (tmp_path / "alt.csv").write_bytes(samples.ALT)
    (tmp_path / "add.csv").write_bytes(samples.ADD)
    return tmp_path


def run(folder, officer, *options, source="ofac-sdn"):
    return call_command("import_watchlist", source, "--dir", str(folder), "--as", officer.email, *options)


def test_brings_a_list_in_and_says_what_it_did(folder, officer, capsys):
    run(folder, officer, "--published-on", "2026-03-01", "--reason", "weekly update")
    version = WatchlistVersion.objects.get()
    assert (version.number, str(version.published_on), version.reason, version.imported_by) == (
        1,
        "2026-03-01",
        "weekly update",
        f"staff:{officer.public_id}",
    )
    assert capsys.readouterr().out.splitlines() == [
        "+ ofac-101  ORLOV, Example Petrovich",
        "+ ofac-102  SAMPLE HOLDING",
        "+ ofac-103  SAMPLE STAR",
        "sdn.csv (primary, new): 3 rows, 3 taken, 0 refused",
        "alt.csv (aliases, new): 2 rows, 2 taken, 0 refused",
        "add.csv (addresses, new): 3 rows, 3 taken, 0 refused",
        f"{version.public_id}  ofac-sdn version 1: 3 entries: 3 added, 0 changed (0 renamed), 0 removed.",
    ]


def test_shows_the_difference_and_writes_nothing_on_a_dry_run(folder, officer, capsys):
    run(folder, officer)
    rows = sdn_row(101, "ORLOV, Renamed") + sdn_row(104, "NEW ONE") + sdn_row(104, "AGAIN") + b"\x1a"
    (folder / "sdn.csv").write_bytes(rows)
    (folder / "alt.csv").unlink()
    capsys.readouterr()
    with pytest.raises(SystemExit) as exit_code:
        run(folder, officer, "--dry-run")
    assert exit_code.value.code == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "+ ofac-104  NEW ONE"
    assert out[1].startswith("~ ofac-101  ORLOV, Example Petrovich is now ORLOV, Renamed; names, dates of birth, countries")
    assert out[2:4] == ["- ofac-102  SAMPLE HOLDING", "- ofac-103  SAMPLE STAR"]
    assert "refused: sdn.csv line 3: entry 104 stands on line 2 already" in out
    assert "alt.csv (aliases, as it is in force): 2 rows, 1 taken, 1 refused" in out
    assert out[-1] == "ofac-sdn: 2 entries: 1 added, 1 changed (1 renamed), 2 removed. Nothing was written."
    assert WatchlistVersion.objects.count() == 1


def test_answers_as_json_with_everything(folder, officer, capsys):
    run(folder, officer, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["number"], told["entries"], told["added"], told["is_dry_run"]) == (
        1,
        3,
        ["ofac-101", "ofac-102", "ofac-103"],
        False,
    )
    assert [(file["name"], file["rows"], file["taken"]) for file in told["files"]] == [
        ("sdn.csv", 3, 3),
        ("alt.csv", 2, 2),
        ("add.csv", 3, 3),
    ]
    assert (told["refused"], told["not_understood"]) == ([], {})


def test_the_same_files_are_refused_in_words(folder, officer):
    run(folder, officer)
    with pytest.raises(CommandError, match=r"Nothing is new: sdn.csv .*, alt.csv .* since version 1 .*\(watchlist.known\)"):
        run(folder, officer)
    assert WatchlistVersion.objects.count() == 1


def test_a_list_of_ones_own_has_the_title_that_it_was_given(tmp_path, officer):
    (tmp_path / "own-house.csv").write_bytes(samples.OWN)
    run(tmp_path, officer, "--title", "The house's own", source="own-house")
    found = WatchlistVersion.objects.get().watchlist
    assert (found.code, found.title, found.kind) == ("own-house", "The house's own", "OWN")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER}])
def test_only_compliance_may_bring_lists_in(folder, staff_of, role):
    with pytest.raises(CommandError, match=r"it takes compliance\.import_watchlist|no active member of staff"):
        run(folder, staff_of(role))
    assert not WatchlistVersion.objects.exists()


def test_a_folder_that_is_not_there_and_a_list_that_nobody_knows_are_refused(tmp_path, officer):
    with pytest.raises(CommandError, match="No such file or directory"):
        run(tmp_path / "nowhere", officer)
    with pytest.raises(CommandError, match="has no file of ofac-sdn"):
        run(tmp_path, officer)
    with pytest.raises(CommandError, match="watchlist.unknown"):
        run(tmp_path, officer, source="nothing")

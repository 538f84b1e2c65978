"""Versions of watchlists: brought in as a whole or not at all, rebuilt at any time, and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from compliance import errors, events
from compliance.models import RefusedRow, Watchlist, WatchlistEntry, WatchlistFile, WatchlistVersion, WatchlistVersionFile
from compliance.providers.watchlists import formats, ofac
from compliance.providers.watchlists.reading import SourceFile, UnreadableList
from compliance.selectors import watchlists
from compliance.services import watchlist_differences, watchlist_imports, watchlist_sets
from compliance.tests import watchlist_samples as samples
from compliance.tests.watchlist_samples import sdn_row
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.events.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SYSTEM = actors.system("tests")
TABLES = (Watchlist, WatchlistVersion, WatchlistFile, WatchlistVersionFile, WatchlistEntry, RefusedRow)


def sdn(*rows):
    return SourceFile(ofac.PRIMARY, "sdn.csv", b"".join(rows) + b"\x1a")


def alt(*rows):
    content = b"".join(f'{number},{place},"aka","{name}",-0- \r\n'.encode() for place, (number, name) in enumerate(rows, start=1))
    return SourceFile(ofac.ALIASES, "alt.csv", content + b"\x1a")


FIRST = [sdn(sdn_row(1, "ONE"), sdn_row(2, "TWO"), sdn_row(3, "THREE")), alt((1, "UNO"), (3, "TRES"), (9, "LOST"))]
SECOND = [sdn(sdn_row(1, "ONE"), sdn_row(2, "TWO RENAMED"), sdn_row(4, "FOUR"), sdn_row(4, "FOUR AGAIN"))]


def bring_in(files, *, code="ofac-sdn", at=AT, **more):
    return watchlist_imports.bring_in(code=code, files=files, actor=SYSTEM, at=at, **more)


def names(version):
    return {entry.id: [name.text for name in entry.names] for entry in watchlists.entries_of(version)}


def written():
    return [model.objects.count() for model in TABLES] + [Record.objects.count(), Event.objects.count()]


def told():
    return list(Event.objects.filter(type=events.WATCHLIST_IMPORTED).order_by("id").values_list("data", flat=True))


def test_a_first_import_adds_every_entry_and_reports_every_refused_row():
    version = bring_in(FIRST, published_on=date(2026, 3, 1), reason="first")
    assert (version.number, version.previous, version.published_on) == (1, None, date(2026, 3, 1))
    assert (version.entries, version.added, version.changed, version.removed, version.refused) == (3, 3, 0, 0, 1)
    assert names(version) == {"ofac-1": ["ONE", "UNO"], "ofac-2": ["TWO"], "ofac-3": ["THREE", "TRES"]}
    rows = version.files.order_by("id").values_list("role", "file__name", "is_carried_over", "rows", "refused")
    assert list(rows) == [("primary", "sdn.csv", False, 3, 0), ("aliases", "alt.csv", False, 3, 1)]
    [refused] = version.refusals.all()
    assert (refused.file, refused.line, refused.reason) == ("alt.csv", 3, "entry 9 is not on the list")
    found = version.watchlist
    assert (found.code, found.kind, found.licence) == (
        "ofac-sdn",
        "SANCTIONS",
        "US Government work, in the public domain (17 USC 105)",
    )
    record = Record.objects.get(action=events.WATCHLIST_IMPORTED)
    assert (record.target, record.reason, record.after["entries"], record.after["published_on"]) == (
        version.public_id,
        "first",
        3,
        "2026-03-01",
    )
    assert record.after["files"]["primary"] == {"sha256": watchlist_sets.digest_of(FIRST[0].content), "is_carried_over": False}
    assert told() == [
        {
            "watchlist": "ofac-sdn",
            "number": 1,
            "previous": None,
            "part": 1,
            "parts": 1,
            "added": ["ofac-1", "ofac-2", "ofac-3"],
            "changed": [],
            "removed": [],
        }
    ]


def test_a_file_that_was_not_given_stays_as_it_is_in_force():
    first = bring_in(FIRST)
    second = bring_in(SECOND, at=AT + timedelta(days=1))
    assert names(second) == {"ofac-1": ["ONE", "UNO"], "ofac-2": ["TWO RENAMED"], "ofac-4": ["FOUR"]}
    assert (second.number, second.previous, second.added, second.changed, second.renamed, second.removed) == (
        2,
        first,
        1,
        1,
        1,
        1,
    )
    rows = second.files.order_by("id").values_list("role", "is_carried_over", "rows", "refused")
    assert list(rows) == [("primary", False, 4, 1), ("aliases", True, 3, 2)]
    assert list(second.refusals.order_by("id").values_list("file", "line", "reason")) == [
        ("sdn.csv", 4, "entry 4 stands on line 3 already"),
        ("alt.csv", 2, "entry 3 is not on the list"),
        ("alt.csv", 3, "entry 9 is not on the list"),
    ]
    changes = second.changes.order_by("id").values_list("entry", "change", "name", "fields", "is_renamed")
    assert list(changes) == [
        ("ofac-4", "ADDED", "FOUR", [], False),
        ("ofac-2", "CHANGED", "TWO RENAMED", ["names"], True),
        ("ofac-3", "REMOVED", "THREE", [], False),
    ]
    assert WatchlistFile.objects.count() == 3


def test_a_set_without_its_aliases_alone_is_an_update_too_and_an_entry_that_comes_back_has_them_again():
    bring_in(FIRST)
    bring_in(SECOND)
    third = bring_in([alt((1, "EIN"), (3, "DREI"))])
    assert names(third)["ofac-1"] == ["ONE", "EIN"] and "ofac-3" not in names(third)
    fourth = bring_in([sdn(sdn_row(1, "ONE"), sdn_row(3, "THREE"), sdn_row(4, "FOUR"))])
    assert names(fourth) == {"ofac-1": ["ONE", "EIN"], "ofac-3": ["THREE", "DREI"], "ofac-4": ["FOUR"]}


def test_any_old_version_is_rebuilt_as_it_was_and_any_two_are_compared():
    readings = [FIRST, SECOND, [alt((1, "EIN"))], [sdn(sdn_row(3, "THREE"), sdn_row(4, "FOUR"))]]
    versions, remembered = [], []
    for place, files in enumerate(readings):
        plan = watchlist_imports.examine(code="ofac-sdn", files=files)
        versions.append(bring_in(files, at=AT + timedelta(days=place)))
        remembered.append(plan.after)
    for version, entries in zip(versions, remembered, strict=True):
        assert watchlists.by_id(version) == entries
    found = watchlist_differences.difference(versions[0], versions[3])
    assert (found.added, found.removed, dict(found.changed)) == (("ofac-4",), ("ofac-1", "ofac-2"), {"ofac-3": ("names",)})
    assert watchlist_differences.difference(versions[3], versions[0]).added == ("ofac-1", "ofac-2")
    assert watchlists.in_force("ofac-sdn") == versions[3]
    assert watchlists.in_force_at("ofac-sdn", AT + timedelta(days=1, hours=1)) == versions[1]
    assert watchlists.in_force_at("ofac-sdn", AT - timedelta(days=1)) is None
    assert [(one.watchlist.code, one.version) for one in watchlists.standings()] == [("ofac-sdn", versions[3])]


def test_the_bytes_of_each_file_are_kept_as_they_were_published():
    version = bring_in(FIRST)
    for one in version.files.select_related("file"):
        [given] = [file for file in FIRST if file.role == one.role]
        assert watchlist_sets.content_of(one.file) == given.content
        assert (one.file.digest, one.file.size) == (watchlist_sets.digest_of(given.content), len(given.content))


def test_the_same_files_are_refused_in_words_by_their_digest_and_nothing_is_written():
    first = bring_in(FIRST)
    before = written()
    for files in (FIRST, FIRST[:1], FIRST[1:]):
        with pytest.raises(errors.WatchlistKnown) as refusal:
            bring_in(files)
        assert refusal.value.message.startswith("Nothing is new: ")
        assert watchlist_sets.digest_of(files[0].content)[:16] in refusal.value.message
        assert "in force since version 1 of ofac-sdn, imported 2026-03-02 09:00 UTC" in refusal.value.message
        assert refusal.value.details == {"version": first.public_id}
    assert written() == before


def test_a_file_that_was_in_force_before_comes_back_only_when_somebody_says_so():
    bring_in(FIRST)
    bring_in(SECOND)
    before = written()
    with pytest.raises(errors.WatchlistOlder) as refusal:
        bring_in(FIRST)
    assert "was in force with version 1" in refusal.value.message
    assert written() == before
    third = bring_in(FIRST, allow_older=True)
    assert names(third) == names(WatchlistVersion.objects.get(number=1))
    # The bytes are known: no file is kept twice.
    assert WatchlistFile.objects.count() == 3


def test_a_list_that_says_it_is_older_is_refused():
    bring_in([SourceFile("list", "un.xml", samples.UN)], code="un")
    older = samples.UN.replace(b"2026-02-27", b"2026-02-20").replace(b"Sampel", b"Sample")
    with pytest.raises(errors.WatchlistOlder, match=r"of 2026-02-20, and version 1, which is in force, of 2026-02-27"):
        bring_in([SourceFile("list", "un.xml", older)], code="un")
    assert bring_in([SourceFile("list", "un.xml", older)], code="un", allow_older=True).published_on == date(2026, 2, 20)


def test_a_list_that_was_cut_off_is_held_up_until_somebody_says_that_it_is_right():
    whole = [sdn_row(number, f"NAME {number}") for number in range(1, 101)]
    bring_in([sdn(*whole)])
    before = written()
    with pytest.raises(errors.WatchlistShrinks) as refusal:
        bring_in([sdn(*whole[:79])])
    assert refusal.value.details == {"removed": 21, "before": 100}
    assert written() == before
    assert bring_in([sdn(*whole[:79])], allow_removals=True).removed == 21


@pytest.mark.parametrize(
    ("code", "files", "refusal"),
    [
        ("ofac-sdn", [SourceFile(ofac.PRIMARY, "sdn.csv", b"<html>try again later</html>")], UnreadableList),
        ("ofac-sdn", FIRST[1:], UnreadableList),
        ("un", [SourceFile("list", "un.xml", b"<CONSOLIDATED_LIST/>")], UnreadableList),
        ("nothing", FIRST, formats.UnknownList),
    ],
)
def test_what_is_no_list_is_refused_and_nothing_is_written(code, files, refusal):
    with pytest.raises(refusal):
        bring_in(files, code=code)
    assert written() == [0] * 8


def test_looking_writes_nothing():
    plan = watchlist_imports.examine(code="ofac-sdn", files=FIRST)
    assert plan.difference.added == ("ofac-1", "ofac-2", "ofac-3")
    assert written() == [0] * 8


def test_an_import_that_is_interrupted_leaves_nothing_and_is_simply_run_again():
    class Interrupted(BaseException):
        pass

    def stop(done, total):
        if done:
            raise Interrupted

    with pytest.raises(Interrupted):
        bring_in(FIRST, told=stop)
    assert written() == [0] * 8
    assert bring_in(FIRST).number == 1


def test_progress_is_told_up_to_the_whole():
    heard = []
    bring_in(FIRST, told=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 3), (3, 3)]


def test_events_carry_so_many_ids_each_and_say_which_part_they_are(monkeypatch):
    monkeypatch.setattr(watchlist_imports, "IDS_IN_AN_EVENT", 2)
    bring_in(FIRST)
    bring_in(SECOND)
    assert [
        (data["number"], data["part"], data["parts"], data["added"], data["changed"], data["removed"]) for data in told()
    ] == [
        (1, 1, 2, ["ofac-1", "ofac-2"], [], []),
        (1, 2, 2, ["ofac-3"], [], []),
        (2, 1, 2, ["ofac-4"], ["ofac-2"], []),
        (2, 2, 2, [], [], ["ofac-3"]),
    ]
    assert all(event.partner_id is None for event in Event.objects.all())


def test_other_bytes_that_say_the_same_are_a_version_without_a_difference():
    bring_in(FIRST)
    version = bring_in([replace(FIRST[0], content=FIRST[0].content.replace(b"\r\n", b"\n"))])
    assert (version.number, version.entries, version.added, version.changed, version.removed) == (2, 3, 0, 0, 0)
    assert told()[-1] | {"version": 2} == {
        "watchlist": "ofac-sdn",
        "number": 2,
        "previous": version.previous.public_id,
        "part": 1,
        "parts": 1,
        "added": [],
        "changed": [],
        "removed": [],
        "version": 2,
    }


@pytest.mark.parametrize("model", [WatchlistVersion, WatchlistFile, WatchlistVersionFile, WatchlistEntry, RefusedRow])
def test_the_database_refuses_to_change_or_remove_what_was_imported(model):
    bring_in(FIRST)
    row = model.objects.first()
    for work in (lambda: model.objects.filter(pk=row.pk).update(id=row.pk), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            work()
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_of_one_list_at_once_one_succeeds_and_the_other_is_refused_in_words():
    gate = threading.Barrier(8)

    def run(_):
        try:
            connection.ensure_connection()
            gate.wait(30)
            return bring_in(FIRST)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(run, range(8)))
    won = [answer for answer in answers if isinstance(answer, WatchlistVersion)]
    refused = [answer for answer in answers if isinstance(answer, errors.WatchlistBusy | errors.WatchlistKnown)]
    assert (len(won), len(refused)) == (1, 7), answers
    assert (Watchlist.objects.count(), WatchlistVersion.objects.count(), WatchlistEntry.objects.count()) == (1, 1, 3)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_another_one_overtook_is_compared_with_what_is_in_force_now(monkeypatch):
    bring_in(FIRST)
    looked = watchlist_imports.examine(code="ofac-sdn", files=[sdn(sdn_row(1, "ONE"), sdn_row(5, "FIVE"))])
    bring_in(SECOND)
    version = bring_in([sdn(sdn_row(1, "ONE"), sdn_row(5, "FIVE"))], plan=looked)
    assert (version.number, version.added, version.removed) == (3, 1, 2)
    assert names(version) == {"ofac-1": ["ONE", "UNO"], "ofac-5": ["FIVE"]}

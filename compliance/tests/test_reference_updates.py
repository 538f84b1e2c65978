"""Real updates of OFAC's list, brought in one after the other: counts, old versions rebuilt, files that are not there."""

from datetime import UTC, datetime, timedelta

import pytest

from compliance import events
from compliance.choices import EntryChange
from compliance.models import WatchlistEntry, WatchlistVersion
from compliance.providers.watchlists import formats
from compliance.selectors import watchlists
from compliance.services import watchlist_imports
from flowlet.core import actors
from flowlet.events.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.bulk]
FOUND = formats.named("ofac-sdn")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def bring_in(folder, place):
    files = formats.load(FOUND, folder)
    given = {"code": "ofac-sdn", "files": files}
    plan = watchlist_imports.examine(**given)
    version = watchlist_imports.bring_in(**given, plan=plan, actor=actors.system("tests"), at=AT + timedelta(days=place))
    return version, plan.after


def test_three_real_versions_and_newer_aliases_are_kept_and_each_is_rebuilt_exactly(reference_data):
    folders = ["2019-01", "2022-01", "2023-01_sdn", "2026-02_alt"]
    made = [bring_in(reference_data / "ofac" / name, place) for place, name in enumerate(folders)]
    versions = [version for version, _ in made]
    figures = [(one.entries, one.added, one.removed, one.renamed) for one in versions]
    assert figures == [(7379, 7379, 0, 0), (9043, 2308, 644, 31), (11443, 2526, 126, 34), (11443, 0, 0, 0)]
    for version, entries in made:
        assert watchlists.by_id(version) == entries
    # The update of 2023 has no file of aliases: those of 2022 stand, but for the entries that left.
    kept = versions[2].files.get(role="aliases")
    assert (kept.is_carried_over, kept.file_id, kept.rows) == (True, versions[1].files.get(role="aliases").file_id, 12409)
    assert kept.refused == versions[2].refusals.filter(role="aliases").count() > 0
    assert versions[3].changed > 1000
    told = Event.objects.filter(type=events.WATCHLIST_IMPORTED, subject=versions[1].public_id)
    ids = {kind: [one for event in told.order_by("id") for one in event.data[kind]] for kind in ("added", "changed", "removed")}
    assert {kind: len(found) for kind, found in ids.items()} == {"added": 2308, "changed": versions[1].changed, "removed": 644}
    assert max(len(event.data["added"]) + len(event.data["changed"]) + len(event.data["removed"]) for event in told) == 1000
    rows = WatchlistEntry.objects.filter(version=versions[1])
    assert set(rows.filter(change=EntryChange.ADDED).values_list("entry", flat=True)) == set(ids["added"])
    assert WatchlistVersion.objects.get(number=2).previous == versions[0]

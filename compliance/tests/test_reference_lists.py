"""Real lists, where they are at hand: exact counts, and what real updates change."""

from collections import Counter
from datetime import date

import pytest

from compliance.policies import watchlists as policies
from compliance.providers.watchlists import formats
from compliance.providers.watchlists.entries import EntryKind, NameQuality
from compliance.providers.watchlists.reading import SourceFile


def read(code, folder):
    found = formats.named(code)
    return formats.read(found, formats.load(found, folder))


def rows(reading):
    return [(file.file, file.rows, file.taken, file.refused) for file in reading.files]


@pytest.mark.parametrize(
    ("folder", "entries", "files"),
    [
        (
            "2019-01",
            7379,
            [
                ("sdn.csv", 7379, 7379, 0),
                ("alt.csv", 9682, 9682, 0),
                ("add.csv", 11696, 11696, 0),
                ("sdn_comments.csv", 13, 3, 10),
            ],
        ),
        ("2022-01", 9043, [("sdn.csv", 9044, 9043, 1), ("alt.csv", 12409, 12409, 0), ("add.csv", 13625, 13624, 1)]),
        ("2023-01_sdn", 11443, [("sdn_with_header.csv", 11443, 11443, 0), ("sdn_address.csv", 16357, 16357, 0)]),
    ],
)
def test_the_sdn_list_of_ofac_is_read_row_by_row(reference_data, folder, entries, files):
    reading = read("ofac-sdn", reference_data / "ofac" / folder)
    assert len(reading.entries) == entries
    assert rows(reading) == files
    assert "date" not in reading.not_understood


def test_the_rows_that_the_list_of_2022_repeats_or_orphans_are_refused_by_line(reference_data):
    reading = read("ofac-sdn", reference_data / "ofac" / "2022-01")
    assert [(row.file, row.line, row.reason) for row in reading.refused] == [
        ("sdn.csv", 9044, "entry 2677 stands on line 57 already"),
        ("add.csv", 13625, "entry 34489 is not on the list"),
    ]
    kinds = Counter(entry.kind for entry in reading.entries)
    assert kinds == {EntryKind.PERSON: 4643, EntryKind.ORGANISATION: 3700, EntryKind.VESSEL: 420, EntryKind.AIRCRAFT: 280}
    qualities = Counter(name.quality for entry in reading.entries for name in entry.names)
    assert qualities == {NameQuality.PRIMARY: 9043, NameQuality.STRONG: 12409, NameQuality.WEAK: 2475}


def test_the_column_that_a_heading_calls_country_is_the_programme(reference_data):
    reading = read("ofac-sdn", reference_data / "ofac" / "2023-01_sdn")
    programmes = Counter(programme for entry in reading.entries for programme in entry.programmes)
    assert programmes["RUSSIA-EO14024"] > 1700 and "Cuba" not in programmes
    assert all(len(country) == 2 for entry in reading.entries for country in entry.countries)


def test_the_consolidated_list_of_ofac_has_its_remarks_whole(reference_data):
    reading = read("ofac-cons", reference_data / "ofac" / "cons_2025-12")
    assert len(reading.entries) == 442
    assert rows(reading) == [
        ("cons_prim.csv", 442, 442, 0),
        ("cons_alt.csv", 1073, 1073, 0),
        ("cons_add.csv", 574, 574, 0),
        ("cons_comments.csv", 10, 10, 0),
    ]
    [entry] = [entry for entry in reading.entries if entry.id == "ofac-17014"]
    assert "Registration Number 1027700342890 (Russia)" in entry.remarks
    assert "RUSAG" in [name.text for name in entry.names]


def test_the_list_of_the_united_nations_is_read_with_its_original_scripts(reference_data):
    reading = read("un", reference_data / "un")
    assert reading.published_on == date(2026, 2, 27)
    assert rows(reading) == [("UN_consolidated_2026-02-27.xml", 1003, 1003, 0)]
    assert Counter(entry.kind for entry in reading.entries) == {EntryKind.PERSON: 730, EntryKind.ORGANISATION: 273}
    scripts = Counter(name.script for entry in reading.entries for name in entry.names)
    assert scripts == {"Latn": 3734, "Arab": 372, "Cyrl": 11, "Hani": 4}
    assert reading.not_understood["country"] == {"former Soviet Union": 1}


def test_the_congress_is_read_with_its_executive(reference_data):
    reading = read("pep-us-congress", reference_data / "pep" / "us-congress-cc0")
    assert rows(reading) == [("legislators-current.yaml", 537, 537, 0), ("executive.yaml", 80, 80, 0)]
    assert len(reading.entries) == 617
    assert all(entry.dates_of_birth and entry.gender for entry in reading.entries)


def test_real_updates_of_ofac_add_remove_and_rename_whom_they_do(reference_data):
    folders = reference_data / "ofac"
    states = [
        {entry.id: entry for entry in read("ofac-sdn", folders / name).entries} for name in ("2019-01", "2022-01", "2023-01_sdn")
    ]
    first = policies.difference(states[0], states[1].values())
    second = policies.difference(states[1], states[2].values())
    assert (len(first.added), len(first.removed), len(first.renamed)) == (2308, 644, 31)
    assert (len(second.added), len(second.removed), len(second.renamed)) == (2526, 126, 34)


def test_newer_aliases_alone_are_held_against_the_list_that_is_there(reference_data):
    found, folders = formats.named("ofac-sdn"), reference_data / "ofac"
    primary = SourceFile("primary", "sdn_with_header.csv", (folders / "2023-01_sdn" / "sdn_with_header.csv").read_bytes())
    aliases = SourceFile("aliases", "alt.csv", (folders / "2026-02_alt" / "alt.csv").read_bytes())
    reading = formats.read(found, [primary, aliases])
    tally = reading.files[1]
    assert tally.rows == 20202 and tally.taken + tally.refused == 20202
    assert {row.reason.split(" is ")[1] for row in reading.refused} == {"not on the list"}

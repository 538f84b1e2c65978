"""Each publisher's form, on samples of our own: what an entry becomes, and that no row is lost without a word."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.providers.watchlists import entry_json, eu, formats, ofac, pep, uk, uk_list, un
from compliance.providers.watchlists.entries import (
    Entry,
    EntryKind,
    Gender,
    Identifier,
    ListedName,
    NameQuality,
    PartialDate,
)
from compliance.providers.watchlists.reading import FileTally, SourceFile, UnreadableList
from compliance.tests import watchlist_samples as samples
from compliance.tests.watchlist_samples import sdn_row

STRONG, WEAK = NameQuality.STRONG, NameQuality.WEAK


def ofac_files(primary=samples.SDN, aliases=samples.ALT, addresses=samples.ADD, comments=None):
    contents = {ofac.PRIMARY: primary, ofac.ALIASES: aliases, ofac.ADDRESSES: addresses, ofac.COMMENTS: comments}
    return [SourceFile(role, f"{role}.csv", content) for role, content in contents.items() if content is not None]


def one(content, name="list.xml"):
    return [SourceFile("list", name, content)]


def refusals(reading):
    return [(row.file, row.line, row.reason) for row in reading.refused]


# OFAC


def test_an_ofac_entry_is_its_row_its_aliases_its_addresses_and_what_its_remarks_say():
    reading = ofac.read(ofac_files())
    person, company, vessel = reading.entries
    assert person == Entry(
        id="ofac-101",
        kind=EntryKind.PERSON,
        names=(
            ListedName("ORLOV, Example Petrovich", script="Latn", family="ORLOV"),
            ListedName("ORLOFF, Example", STRONG, "Latn", "ORLOFF"),
            ListedName("THE SAMPLE", WEAK, "Latn"),
        ),
        dates_of_birth=(PartialDate(1948, 12, 10), PartialDate(1951, is_approximate=True)),
        countries=("RU", "MM"),
        identifiers=(
            Identifier("Passport", "A123", "IR"),
            Identifier("National ID No.", "55-7"),
            Identifier("Digital Currency Address XBT", "1abcXYZ"),
        ),
        programmes=("TESTLAND", "SAMPLE"),
        gender=Gender.MALE,
        remarks=person.remarks,
        titles=("Minister",),
        places_of_birth=("Sampletown, Testland",),
        addresses=("1 Main Street, Sampletown, Russia",),
        linked_to=("SAMPLE HOLDING",),
    )
    assert person.remarks.startswith("DOB 10 Dec 1948; alt. DOB circa 1951;")
    assert (company.kind, company.countries, [name.text for name in company.names]) == (
        EntryKind.ORGANISATION,
        ("KP",),
        ["SAMPLE HOLDING", "OLD SAMPLE"],
    )
    assert (vessel.kind, vessel.countries, vessel.linked_to, vessel.addresses) == (
        EntryKind.VESSEL,
        ("PA",),
        ("SAMPLE HOLDING",),
        (),
    )
    assert vessel.identifiers == (
        Identifier("Vessel Registration Identification", "IMO 1234567"),
        Identifier("Call sign", "CALL9"),
    )
    assert vessel.remarks.endswith("Vessel type Oil Tanker; Tonnage 12,000; Gross registered tonnage 8,000")
    assert reading.files == (
        FileTally("primary", "primary.csv", 3, 0),
        FileTally("aliases", "aliases.csv", 2, 0),
        FileTally("addresses", "addresses.csv", 3, 0),
    )
    assert reading.not_understood == {}


def test_rows_that_ofac_cannot_mean_are_refused_with_line_and_reason_and_the_rest_is_taken():
    primary = (
        sdn_row(1, "FIRST")
        + sdn_row(1, "FIRST AGAIN")
        + sdn_row(2, "COMET", kind="comet")
        + sdn_row(3, "-0- ")
        + b"4,too,short\r\n"
        + b'"no number","X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
        + b'5,"OPEN,-0- \r\n'
        + sdn_row(6, "LAST", kind="-0- ")
        + b"\x1a"
    )
    aliases = b'1,1,"aka","OK",-0- \n9,2,"aka","LOST",-0- \n2,3,"aka","OF A REFUSED ENTRY",-0- \n1,4,"zzz","ODD",-0- \n1,5,"aka",-0- ,-0- \n'
    reading = ofac.read(ofac_files(primary, aliases, None))
    assert [entry.id for entry in reading.entries] == ["ofac-1", "ofac-6"]
    assert refusals(reading) == [
        ("primary.csv", 2, "entry 1 stands on line 1 already"),
        ("primary.csv", 3, "'comet' is no type of entry"),
        ("primary.csv", 4, "it has no name"),
        ("primary.csv", 5, "it has 3 columns instead of 12"),
        ("primary.csv", 6, "it does not begin with a number"),
        ("primary.csv", 7, "a quote is not closed"),
        ("aliases.csv", 2, "entry 9 is not on the list"),
        ("aliases.csv", 3, "entry 2 is not on the list"),
        ("aliases.csv", 4, "'zzz' is no kind of alias"),
        ("aliases.csv", 5, "it has no name"),
    ]
    assert [(file.rows, file.taken, file.refused) for file in reading.files] == [(8, 2, 6), (5, 1, 4)]


def test_a_heading_is_passed_over_and_only_the_place_of_a_column_counts():
    heading = b"ID,Name,Type,Country,Title,Col_F,Col_G,Col_H,Col_I,Col_J,Col_K,Details\r\n"
    [entry] = ofac.read(ofac_files(heading + sdn_row(7, "SAMPLE", programme="SDGT"), None, None)).entries
    assert (entry.programmes, entry.countries) == (("SDGT",), ())


def test_the_rest_of_remarks_that_were_cut_is_joined_where_they_were_cut_even_at_a_blank():
    long = "x" * 960 + "; a.k.a. 'ALPHA'; Linked To: SAMPLE "
    cut = long.ljust(ofac.CUT, "Y")[: ofac.CUT - 1] + " "
    reading = ofac.read(ofac_files(sdn_row(8, "CUT", remarks=cut), None, None, b"8,\"END; a.k.a. 'OMEGA'.\"\n"))
    [entry] = reading.entries
    assert entry.linked_to == (f"{cut.split('Linked To: ')[1]}END",)
    assert [name.text for name in entry.names] == ["CUT", "ALPHA", "OMEGA"]
    assert reading.refused == ()


def test_a_comment_to_remarks_that_are_whole_belongs_to_another_version_and_is_refused():
    reading = ofac.read(ofac_files(sdn_row(8, "WHOLE", remarks="Gender Male."), None, None, b'8,"more"\n9,"lost"\n'))
    assert refusals(reading) == [
        ("comments.csv", 1, "the remarks of entry 8 are not cut, so it belongs to another version of the list"),
        ("comments.csv", 2, "entry 9 is not on the list"),
    ]


def test_what_remarks_say_in_unknown_words_is_counted_and_stays_in_the_remarks():
    said = "DOB some time; nationality Atlantis; Gender Unknowable; Passport 77 (Atlantis)."
    reading = ofac.read(ofac_files(sdn_row(8, "ODD", remarks=said), None, None))
    assert reading.not_understood == {"country": {"Atlantis": 2}, "date": {"some time": 1}, "gender": {"Unknowable": 1}}
    assert reading.entries[0].remarks == said
    assert reading.entries[0].identifiers == (Identifier("Passport", "77"),)


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"a,b,c\n1,2,3\n", samples.ALT])
def test_another_file_in_the_place_of_the_list_is_refused_as_a_whole(content):
    with pytest.raises(UnreadableList) as refusal:
        ofac.read(ofac_files(content, None, None))
    assert "the first rows are not 12 columns" in refusal.value.message


@settings(max_examples=60)
@given(
    lines=st.lists(
        st.one_of(st.just(b'1,"A","individual","P",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- '), st.binary(max_size=40)), max_size=8
    )
)
def test_every_row_of_any_file_is_taken_or_refused(lines):
    content = sdn_row(999, "THERE") + b"\n".join(line.replace(b"\n", b"").replace(b"\r", b"") for line in lines)
    reading = ofac.read(ofac_files(content, None, None))
    [tally] = reading.files
    assert tally.taken == len(reading.entries) and tally.taken + len(reading.refused) == tally.rows


# United Nations


def test_a_un_entry_has_its_names_in_every_script_with_their_quality():
    reading = un.read(one(samples.UN))
    person, works = reading.entries
    assert person == Entry(
        id="un-9000001",
        kind=EntryKind.PERSON,
        names=(
            ListedName("SAMPLE ONE PERSON", script="Latn"),
            ListedName("مثال واحد", STRONG, "Arab"),
            ListedName("Sampel Wun", STRONG, "Latn"),
            ListedName("Sam", WEAK, "Latn"),
        ),
        dates_of_birth=(
            PartialDate(1971, is_approximate=True),
            PartialDate(1973, last_year=1974),
            PartialDate(1973, 11),
            PartialDate(1979, 12, 31),
        ),
        countries=("IR", "RW"),
        identifiers=(Identifier("Passport", "AB1", "RW"),),
        programmes=("Testland",),
        gender=Gender.MALE,
        remarks="An invented person. Date of birth: Nov. 1973 Document: AB1 issued under another name (country: Nowhereland)",
        reference="TLi.001",
        listed_on=date(2012, 12, 31),
        titles=("Dr", "Minister"),
        places_of_birth=("Old Town, Rwanda",),
        addresses=("1 Road, Sampletown, Rwanda",),
    )
    assert (works.id, works.kind, works.countries, [name.text for name in works.names]) == (
        "un-9000004",
        EntryKind.ORGANISATION,
        ("KP",),
        ["SAMPLE WORKS", "SW"],
    )
    assert reading.published_on == date(2026, 2, 27)
    assert reading.not_understood == {"country": {"Nowhereland": 1}}


def test_un_elements_that_cannot_be_taken_are_refused_and_so_is_a_kind_of_entry_that_nobody_knows():
    reading = un.read(one(samples.UN))
    assert [row.reason for row in reading.refused] == [
        "it has no DATAID",
        "it has no name",
        "entry 9000001 stands on line 4 already",
        "VESSELS is no kind of entry that is known",
    ]
    assert [(file.rows, file.taken, file.refused) for file in reading.files] == [(6, 2, 4)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<CONSOLIDATED_LIST></CONSOLIDATED_LIST>", "has no ENTITY or INDIVIDUAL in it"),
        (b"<OTHER><ENTITY/></OTHER>", "begins with OTHER instead of CONSOLIDATED_LIST"),
        (b"<CONSOLIDATED_LIST><ENTITIES><ENTITY>", "Line 1"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><CONSOLIDATED_LIST/>', "document types and entities are not accepted"),
        (b"no xml", "does not begin with an element"),
    ],
)
def test_a_un_file_that_is_none_is_refused_as_a_whole(content, said):
    with pytest.raises(UnreadableList) as refusal:
        un.read(one(content))
    assert said in refusal.value.message


# European Union


def test_an_eu_entry_is_known_by_its_first_strong_latin_name():
    reading = eu.read(one(samples.EU))
    person, works = reading.entries
    assert person == Entry(
        id="eu-13",
        kind=EntryKind.PERSON,
        names=(
            ListedName("Sample Ivanov", script="Latn", family="Ivanov"),
            ListedName("Образец Иванов", STRONG, "Cyrl"),
            ListedName("The Sampler", WEAK, "Latn"),
        ),
        dates_of_birth=(PartialDate(1966, 11, 30), PartialDate(1967, is_approximate=True), PartialDate(1960, last_year=1962)),
        countries=("RU",),
        identifiers=(Identifier("National passport (knownExpired)", "UT1", "RU"),),
        programmes=("SMP",),
        gender=Gender.MALE,
        remarks="An invented person.",
        reference="EU.1.1",
        listed_on=date(2014, 3, 17),
        titles=("Dr", "Minister"),
        places_of_birth=("Moscow, RUSSIAN FEDERATION",),
        addresses=("1 Street, Moscow",),
    )
    assert (works.id, works.kind) == ("eu-14", EntryKind.ORGANISATION)
    assert reading.published_on == date(2026, 6, 5)
    assert [row.reason for row in reading.refused] == [
        "its subjectType is neither a person nor an enterprise",
        "it has no name",
    ]
    assert [(file.rows, file.taken, file.refused) for file in reading.files] == [(4, 2, 2)]
    assert reading.not_understood == {}


# United Kingdom


def test_the_rows_of_one_group_of_the_uk_list_are_one_entry():
    reading = uk.read(one(samples.UK_CSV, "ConList.csv"))
    person, bank = reading.entries
    assert person == Entry(
        id="uk-500",
        kind=EntryKind.PERSON,
        names=(
            ListedName("Igor SAMPLOV", script="Latn", family="SAMPLOV"),
            ListedName("Образец", STRONG, "Cyrl"),
            ListedName("SAMPLOFF", WEAK, "Latn", "SAMPLOFF"),
        ),
        dates_of_birth=(PartialDate(1978, 7),),
        countries=("RU", "UA"),
        identifiers=(
            Identifier("Passport (Russian passport)", "P1"),
            Identifier("Passport (Ukrainian passport)", "P2"),
        ),
        programmes=("Sample",),
        remarks="Invented. On two lines.",
        listed_on=date(2014, 3, 17),
        titles=("Dr", "Minister"),
        places_of_birth=("Moscow", "Kyiv"),
        addresses=("1 Street, Russia",),
    )
    assert (bank.id, bank.kind) == ("uk-501", EntryKind.ORGANISATION)
    assert reading.published_on == date(2022, 6, 14)
    # The first entry's remarks run over two lines.
    assert refusals(reading) == [
        ("ConList.csv", 7, "its Group ID is no number"),
        ("ConList.csv", 8, "'Planet' is no kind of target"),
    ]
    assert [(file.rows, file.taken, file.refused) for file in reading.files] == [(5, 3, 2)]


def test_the_uk_list_says_the_same_in_xml():
    reading = uk.read(one(samples.UK_XML, "ConList.xml"))
    person, ship = reading.entries
    assert (person.id, person.names, person.dates_of_birth, person.gender, person.reference, person.listed_on) == (
        "uk-500",
        (ListedName("Igor SAMPLOV", script="Latn", family="SAMPLOV"),),
        (PartialDate(1978, 7),),
        Gender.MALE,
        "SMP0001",
        date(2014, 3, 17),
    )
    assert (ship.kind, ship.countries, ship.identifiers) == (EntryKind.VESSEL, ("PA",), (Identifier("IMO number", "1234567"),))
    assert reading.published_on == date(2022, 6, 14)
    assert [(row.line, row.reason) for row in reading.refused] == [(14, "its Group ID is no number")]
    assert [(file.rows, file.taken) for file in reading.files] == [(3, 2)]


def test_a_group_of_two_kinds_keeps_the_first_and_refuses_the_other():
    rows = [
        samples.uk_row(name_6="A", group_type="Entity", alias_type="Primary name", regime="S", group_id="1"),
        samples.uk_row(name_6="B", group_type="Individual", alias_type="AKA", regime="S", group_id="1"),
    ]
    reading = uk.read(one("\n".join([samples.UK_HEADING, *rows]).encode()))
    assert refusals(reading) == [("list.xml", 3, "group 1 is 'Entity' elsewhere")]


def test_a_designation_of_the_uk_sanctions_list_loses_nothing_that_it_says():
    reading = uk_list.read(one(samples.UK_LIST, "UK-Sanctions-List.xml"))
    person, ship = reading.entries
    assert person == Entry(
        id="uksl-SMP0001",
        kind=EntryKind.PERSON,
        names=(
            ListedName("Igor SAMPLOV", script="Latn", family="SAMPLOV"),
            ListedName("SAMPLOFF", WEAK, "Latn", "SAMPLOFF"),
            ListedName("Ihor SAMPLOV", STRONG, "Latn", "SAMPLOV"),
            ListedName("Образец", STRONG, "Cyrl"),
        ),
        dates_of_birth=(PartialDate(1962),),
        countries=("UA", "RU"),
        identifiers=(Identifier("Passport (Russian)", "P1"),),
        programmes=("The Sample (Sanctions) Regulations 2019",),
        gender=Gender.MALE,
        remarks="An invented person. For the tests. OFSIGroupID: 500. UNReferenceNumber: SMi.001."
        " SanctionsImposed: Asset freeze|Travel Ban. Passport: another one. (date: 15/08/19yy; country: Atlantis)",
        reference="SMP0001",
        listed_on=date(2012, 6, 29),
        titles=("Minister",),
        places_of_birth=("Kyiv, Ukraine",),
        addresses=("1 Street, Russia",),
    )
    assert (ship.kind, ship.countries, ship.identifiers) == (EntryKind.VESSEL, ("PA",), (Identifier("IMO number", "IMO1234567"),))
    assert reading.published_on == date(2026, 6, 10)
    assert [row.reason for row in reading.refused] == [
        "'Comet' is no kind of designation",
        "it has no name",
        "it has no UniqueID",
        "'Nickname' is no kind of name",
    ]
    assert [(file.rows, file.taken, file.refused) for file in reading.files] == [(6, 2, 4)]
    assert reading.not_understood == {"country": {"Atlantis": 1}, "date": {"15/08/19yy": 1}}


# PEP and own lists


def test_who_stands_in_both_files_of_the_pep_list_is_one_entry():
    files = [SourceFile(pep.LEGISLATORS, "l.yaml", samples.LEGISLATORS), SourceFile(pep.EXECUTIVE, "e.yaml", samples.EXECUTIVE)]
    reading = pep.read(files)
    [entry] = reading.entries
    assert entry == Entry(
        id="pep-govtrack-900001",
        kind=EntryKind.PERSON,
        names=(
            ListedName("Sample Q. Senator", script="Latn", family="Senator"),
            ListedName("Sample Q Senator", STRONG, "Latn", "Senator"),
            ListedName("Sample Senator", STRONG, "Latn", "Senator"),
            ListedName("Sam Senator", STRONG, "Latn", "Senator"),
        ),
        dates_of_birth=(PartialDate(1958, 10, 13),),
        countries=("US",),
        identifiers=(Identifier("Bioguide", "X000001"), Identifier("Wikidata", "Q1")),
        programmes=("United States House of Representatives", "United States Senate", "Executive of the United States"),
        gender=Gender.FEMALE,
        titles=(
            "Representative, WA, 1993-01-05 to 1995-01-03",
            "Senator, WA, 2001-01-03 to 2031-01-03",
            "Vice President, 2031-01-20 to 2035-01-20",
        ),
    )
    assert refusals(reading) == [("l.yaml", 23, "it has no govtrack number"), ("l.yaml", 27, "'duke' is no office that is known")]
    assert [(file.rows, file.taken) for file in reading.files] == [(3, 1), (1, 1)]


def test_yaml_that_refers_to_itself_or_is_none_is_refused():
    for content in (
        b"- &a [1]\n- *a\n",
        b"a: [",
        b"text",
        b"[]",
        b"{}",
        b"",
        b"\xff",
        b"[" * 300_000,
        b"- " * 300_000,
        b"- {a: " * 99,
    ):
        with pytest.raises(UnreadableList):
            pep.read([SourceFile(pep.LEGISLATORS, "l.yaml", content)])


def test_a_list_of_ones_own_is_read_as_documented():
    reading = formats.named("own-house").read(one(samples.OWN, "own-house.csv"))
    person, works = reading.entries
    assert person == Entry(
        id="own-house-h-1",
        kind=EntryKind.PERSON,
        names=(
            ListedName("Sample Person", script="Latn", family="Person"),
            ListedName("Sampel Persson", STRONG, "Latn"),
            ListedName("Sam P.", STRONG, "Latn"),
            ListedName("Sammy", WEAK, "Latn"),
        ),
        dates_of_birth=(PartialDate(1951, is_approximate=True), PartialDate(1948, 12, 10)),
        countries=("IR", "KP"),
        identifiers=(Identifier("Passport", "X1", "IR"), Identifier("Tax number", "77")),
        programmes=("House",),
        gender=Gender.FEMALE,
        remarks="Said, in\ntwo lines",
        listed_on=date(2026, 1, 31),
    )
    assert works.id == "own-house-h-2"
    assert reading.refused == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("h 1,person,A,,,,,", "its id is empty, or has other characters than letters, digits, dot, hyphen and underscore"),
        (",person,A,,,,,", "its id is empty, or has other characters than letters, digits, dot, hyphen and underscore"),
        ("a,comet,A,,,,,", "'comet' is no kind of entry"),
        ("a,person,,,,,,", "it has no name"),
        ("a,person,A,B,,,,", "the family name does not stand in the name"),
        ("a,person,A,,soon,,,", "'soon' is no date of birth"),
        ("a,person,A,,,Atlantis,,", "'Atlantis' is no country"),
        ("a,person,A,,,,Passport,", "'Passport' is no identifier: write kind:number, or kind:number:country"),
        ("a,person,A,,,,,odd", "'odd' is no gender of such a list"),
        ("a,person", "it has 2 columns instead of 8"),
        ("ok,person,A,,,,,", "id ok stands on line 2 already"),
    ],
)
def test_a_row_of_ones_own_list_that_is_not_understood_is_refused(row, reason):
    content = f"id,kind,name,family,dates_of_birth,countries,identifiers,gender\nok,person,A,,,,,\n{row}\n".encode()
    reading = formats.named("own-house").read(one(content, "own-house.csv"))
    assert refusals(reading) == [("own-house.csv", 3, reason)]
    assert [entry.id for entry in reading.entries] == ["own-house-ok"]
    assert reading.files == (FileTally("list", "own-house.csv", 2, 1),)


@pytest.mark.parametrize("heading", ["id,name", "id,kind,name,colour", "id,kind,name,name", ""])
def test_a_heading_that_does_not_name_the_columns_refuses_ones_own_list(heading):
    with pytest.raises(UnreadableList):
        formats.named("own-house").read(one(f"{heading}\na,person,A\n".encode()))


# Sets of files


def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path):
    for name, content in (("SDN.CSV", samples.SDN), ("alt.csv", samples.ALT), ("notes.txt", b"")):
        (tmp_path / name).write_bytes(content)
    found = formats.named("ofac-sdn")
    files = formats.load(found, tmp_path)
    assert [(file.role, file.name) for file in files] == [("primary", "SDN.CSV"), ("aliases", "alt.csv")]
    assert len(formats.read(found, files).entries) == 3


def test_two_files_for_one_part_none_at_all_and_a_missing_list_are_refused(tmp_path: Path):
    found = formats.named("ofac-sdn")
    with pytest.raises(UnreadableList, match="has no file of ofac-sdn"):
        formats.load(found, tmp_path)
    with pytest.raises(UnreadableList, match="sdn.csv and sdn_with_header.csv are both the primary file"):
        formats.pick(found, ["sdn.csv", "sdn_with_header.csv"])
    with pytest.raises(UnreadableList, match="primary file of ofac-sdn is missing"):
        formats.read(found, ofac_files()[1:])


def test_files_that_somebody_hands_over_are_known_by_their_names_and_a_strange_one_is_refused():
    found = formats.named("ofac-sdn")
    files = formats.given(found, {"alt.csv": samples.ALT, "SDN.csv": samples.SDN})
    assert [(file.role, file.name) for file in files] == [("primary", "SDN.csv"), ("aliases", "alt.csv")]
    with pytest.raises(UnreadableList) as refusal:
        formats.given(found, {"sdn.csv": samples.SDN, "notes.txt": b""})
    assert refusal.value.message == (
        "notes.txt is no file of ofac-sdn: such files are called sdn.csv, alt.csv, add.csv, sdn_comments.csv."
    )
    [alone] = formats.given(formats.named("own-house"), {"anything.csv": samples.OWN})
    assert (alone.role, alone.name) == ("list", "anything.csv")


@pytest.mark.parametrize("code", ["nothing", "own-", "own-UPPER", "other-list", "own-" + "x" * 40])
def test_a_list_that_nobody_knows_is_refused(code):
    with pytest.raises(formats.UnknownList):
        formats.named(code)


# What is stored

NAMES = st.builds(
    ListedName, st.text(min_size=1, max_size=8), st.sampled_from(NameQuality), st.sampled_from(["", "Latn"]), st.text(max_size=4)
)
DATES = st.builds(
    PartialDate,
    st.integers(1000, 2200),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(1, 28),
    st.none() | st.integers(1000, 2200),
    st.booleans(),
)
TUPLES = st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple)
ENTRIES = st.builds(
    Entry,
    st.just("x-1"),
    st.sampled_from(EntryKind),
    st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    st.lists(DATES, max_size=3).map(tuple),
    TUPLES,
    st.lists(st.builds(Identifier, st.text(max_size=4), st.text(max_size=4), st.text(max_size=2)), max_size=3).map(tuple),
    TUPLES,
    st.none() | st.sampled_from(Gender),
    st.text(max_size=5),
    st.text(max_size=5),
    st.none() | st.dates(),
    TUPLES,
    TUPLES,
    TUPLES,
    TUPLES,
)


@given(entry=ENTRIES, other=ENTRIES)
def test_an_entry_comes_back_from_what_is_stored_of_it_and_its_digest_is_of_all_of_it(entry, other):
    assert entry_json.from_json(entry.id, entry_json.to_json(entry)) == entry
    assert (entry_json.digest(entry) == entry_json.digest(other)) == (entry == other)

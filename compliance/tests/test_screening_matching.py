"""A query against a list: which entries are hits, how urgent they are, and what an officer is told."""

from dataclasses import replace

import pytest

from compliance.policies.screening import settings
from compliance.policies.screening.index import Index
from compliance.policies.screening.matching import Hit, Query, screen
from compliance.providers.watchlists.entries import EntryKind, Gender, Identifier, ListedName, NameQuality, PartialDate
from compliance.tests.screening_list import BRANNIKOV, ENTRIES

PERSON, ORGANISATION, VESSEL = EntryKind.PERSON, EntryKind.ORGANISATION, EntryKind.VESSEL


@pytest.fixture(scope="module")
def index():
    return Index(ENTRIES)


def ids(hits: list[Hit]) -> list[str]:
    return [hit.entry_id for hit in hits]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Fyodor Pavlovich Brannikov", PERSON, "own-1"),
        ("Brannikov Fyodor", PERSON, "own-1"),
        ("F. P. Brannikov", PERSON, "own-1"),
        ("Fyodor Branikov", PERSON, "own-1"),
        ("FyodorPavlovich Brannikov", PERSON, "own-1"),
        ("Fyodor Bran nikov", PERSON, "own-1"),
        ("Фёдор Бранников", PERSON, "own-1"),
        ("Fedor Brannikow", None, "own-1"),
        ("Mohammed Abdurrahman al-Tarhouni", PERSON, "own-2"),
        ("محمد عبدالرحمن الطرهوني", PERSON, "own-2"),
        ("Wenyuan Zeng", PERSON, "own-3"),
        ("曾文遠", PERSON, "own-3"),
        ("Deltora Instrument Plant", ORGANISATION, "own-4"),
        ("OOO Deltora Instrumnet Plant", ORGANISATION, "own-4"),
        ("11420 Corporation", ORGANISATION, "own-5"),
        ("JSCARGUMENT", ORGANISATION, "own-8"),
        ("Deltora Star", VESSEL, "own-7"),
        ("Ali Hassan", PERSON, "own-20"),
    ],
)
def test_finds_the_entry_however_its_name_is_written(index, name, kind, expected):
    assert ids(screen(index, Query(name, kind)))[:1] == [expected]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CORP", ORGANISATION),
        ("Trading", ORGANISATION),
        ("Plant JSC", ORGANISATION),
        ("The Company LLC", ORGANISATION),
        ("Ali", PERSON),
        ("Muhammad", PERSON),
        ("Muhammad Ali", PERSON),
        ("Emma Dalton", PERSON),
        ("Emma Dalton", None),
        ("Fyodor Sokolov", PERSON),
        ("Pavel Fyodorovich Brannikov", PERSON),
        ("曾文近", PERSON),
        ("Lewis Whitcombe", PERSON),
        ("Northern Harvest Foods Ltd", ORGANISATION),
        ("", PERSON),
        ("—", None),
    ],
)
def test_what_merely_has_a_word_in_common_is_no_hit(index, name, kind):
    assert screen(index, Query(name, kind)) == []


@pytest.mark.parametrize(
    ("listed", "name", "kind"),
    [
        ("VELDA GROUP", "Velda Pelsel Group JSC", ORGANISATION),
        ("TOKO, Wiri Santro", "Toko Wiranaya", PERSON),
        ("AL-BASRUNI, Mohammed", "Ali Mohammed Basruni", PERSON),
    ],
)
def test_a_word_that_the_list_does_not_have_or_that_only_sounds_a_little_alike_tells_people_and_firms_apart(listed, name, kind):
    crowd = Index((*ENTRIES, replace(ENTRIES[0], id="own-99", kind=kind, names=(ListedName(listed),))))
    assert screen(crowd, Query(name, kind)) == []
    assert ids(screen(crowd, Query(listed, kind))) == ["own-99"]


def test_a_person_is_not_looked_for_among_vessels_and_companies(index):
    assert screen(index, Query("Deltora Star", PERSON)) == []
    assert ids(screen(index, Query("Deltora Star", None))) == ["own-7"]


def test_match_and_priority_are_two_figures(index):
    def asked(*born: PartialDate) -> Hit:
        (hit,) = screen(index, Query("Fyodor Brannikov", PERSON, born))
        return hit

    same, year, unknown, other = (
        asked(PartialDate(1961, 4, 12)),
        asked(PartialDate(1961)),
        asked(),
        asked(PartialDate(1984, 9, 2)),
    )
    assert same.match == year.match == unknown.match == other.match
    assert same.priority > year.priority > unknown.priority > other.priority
    assert other.priority <= 0.30


def test_a_different_birth_is_less_urgent_than_everything_else_against_a_hit():
    """The worst that a hit of unknown birth can be is still above the best that one of a different birth can be."""
    weak = replace(BRANNIKOV, id="own-9", names=(replace(BRANNIKOV.names[0], quality=NameQuality.WEAK),), dates_of_birth=())
    found = Index([BRANNIKOV, weak])
    worst = Query("Fyodor Brannikov", PERSON, countries=("CA",), gender=Gender.FEMALE)
    best = Query("Fyodor Brannikov", PERSON, (PartialDate(1990, 1, 1),), countries=("RU",), gender=Gender.MALE)
    (of_unknown_birth,) = [hit for hit in screen(found, worst) if hit.entry_id == "own-9"]
    (of_other_birth,) = [hit for hit in screen(found, best) if hit.entry_id == "own-1"]
    assert of_unknown_birth.priority > of_other_birth.priority


@pytest.mark.parametrize(
    ("ours", "theirs", "agrees"),
    [
        (PartialDate(1961, 4, 12), PartialDate(1961, 4, 12), "AGREES"),
        (PartialDate(1961, 12, 4), PartialDate(1961, 4, 12), "NEARLY"),
        (PartialDate(1961, 4, 13), PartialDate(1961, 4, 12), "NEARLY"),
        (PartialDate(1962, 4, 12), PartialDate(1961, 4, 12), "NEARLY"),
        (PartialDate(1961), PartialDate(1961, 4, 12), "NEARLY"),
        (PartialDate(1961, 4), PartialDate(1961, 4, 12), "NEARLY"),
        (PartialDate(1961, 5), PartialDate(1961, 4, 12), "CONFLICTS"),
        (PartialDate(1957), PartialDate(1955, last_year=1960), "NEARLY"),
        (PartialDate(1961), PartialDate(1955, last_year=1960), "CONFLICTS"),
        (PartialDate(1963), PartialDate(1961, is_approximate=True), "NEARLY"),
        (PartialDate(1964), PartialDate(1961, is_approximate=True), "CONFLICTS"),
        (PartialDate(1971, 4, 12), PartialDate(1961, 4, 12), "CONFLICTS"),
    ],
)
def test_births_are_compared_as_far_as_they_are_known(ours, theirs, agrees):
    found = Index([replace(BRANNIKOV, dates_of_birth=(theirs,))])
    (hit,) = screen(found, Query("Fyodor Brannikov", PERSON, (ours,)))
    without = screen(found, Query("Fyodor Brannikov", PERSON))[0]
    (feature,) = [one for one in hit.features if one.feature == "date_of_birth"]
    points = {"AGREES": 0.25, "NEARLY": 0.12, "CONFLICTS": -0.35}
    assert feature.contribution == points[agrees]
    assert (hit.priority > without.priority) == (agrees != "CONFLICTS")


def test_an_equal_identifier_is_a_hit_whatever_the_name(index):
    asked = Query("Somebody Else", PERSON, identifiers=(Identifier("Passport", "714455991", "RU"),))
    (hit,) = screen(index, asked)
    assert (hit.entry_id, hit.match) == ("own-1", 0.95)
    assert "The same identifier" in hit.features[-1].sentence
    other_issuer = replace(asked, identifiers=(Identifier("Passport", "714455991", "KZ"),))
    too_short = replace(asked, identifiers=(Identifier("Passport", "991", "RU"),))
    assert screen(index, other_issuer) == screen(index, too_short) == []


def test_a_hit_tells_why_and_by_which_rules(index):
    asked = Query("F. P. Brannikow", PERSON, (PartialDate(1984, 9, 2),), ("DE", "RU"), (), Gender.FEMALE)
    (hit,) = screen(index, asked)
    assert hit.version == settings.VERSION
    assert hit.name == "BRANNIKOV, Fyodor Pavlovich"
    assert [(one.feature, one.left, one.right) for one in hit.features] == [
        ("name_word", "f", "fyodor"),
        ("name_word", "p", "pavlovich"),
        ("name_word", "brannikow", "brannikov"),
        ("date_of_birth", "1984-09-02", "1961-04-12"),
        ("country", "DE, RU", "RU"),
        ("gender", "FEMALE", "MALE"),
    ]
    of_the_name = [one.contribution for one in hit.features if one.feature.startswith("name_")]
    assert sum(of_the_name) == pytest.approx(hit.match, abs=0.001)
    assert hit.features[3].sentence == "Born 1984-09-02, the list has 1961-04-12: less urgent, though the name matches as before."


def test_the_threshold_decides_and_nothing_else(index):
    asked = Query("Fyodor Branikow", PERSON)
    (hit,) = screen(index, asked)
    assert screen(index, asked, threshold=hit.match) == [hit]
    assert screen(index, asked, threshold=hit.match + 0.001) == []


def test_the_same_question_gets_the_same_answer_from_any_order_of_the_list():
    queries = [
        Query("Fyodor Brannikov", PERSON),
        Query("Ali Hasan", PERSON),
        Query("Deltora Plant", ORGANISATION),
        Query("Ali Rezah"),
    ]
    one, other = Index(ENTRIES), Index(reversed(ENTRIES))
    for query in queries:
        assert screen(one, query) == screen(other, query) == screen(one, query)


def test_hits_come_best_match_first_and_one_per_entry():
    twice = replace(BRANNIKOV, names=(*BRANNIKOV.names, ListedName("Fyodor Brannikov", NameQuality.STRONG)))
    near = replace(BRANNIKOV, id="own-0", names=(ListedName("BRANNIKOW, Fedor"),))
    hits = screen(Index([near, twice]), Query("Fyodor Brannikov", PERSON))
    assert ids(hits) == ["own-1", "own-0"]
    assert hits[0].match == 1.0


def test_an_empty_list_has_no_hits():
    assert screen(Index([]), Query("Fyodor Brannikov", PERSON)) == []

"""Lists of countries with days of effect."""

import csv
from datetime import date

import pytest

from compliance.policies.country_risk import ListsNotKnown, changes, country_risk
from compliance.providers import country_lists
from compliance.providers.country_lists import InvalidCountryList, Level
from flowlet.core.countries import UnknownCountry

HEAD = "list,country,level,from,until,note,source\n"
OWN = HEAD + "OWN_LIST,*,,2026-01-01,2026-12-31,,board\nOWN_LIST,SE,HIGH,2026-03-01,2026-09-01,pilot,board\n"


def level(country, on):
    return country_risk(country, on=on).level


@pytest.mark.parametrize(
    ("country", "on", "expected"),
    [
        ("KP", date(2025, 6, 13), Level.CALL_FOR_ACTION),
        ("MM", date(2026, 6, 19), Level.CALL_FOR_ACTION),
        ("NG", date(2025, 10, 23), Level.HIGH),
        ("NG", date(2025, 10, 24), Level.STANDARD),
        ("KW", date(2026, 2, 12), Level.STANDARD),
        ("KW", date(2026, 2, 13), Level.HIGH),
        ("IQ", date(2026, 6, 18), Level.STANDARD),
        ("IQ", date(2026, 6, 19), Level.HIGH),
        ("DZ", date(2025, 12, 1), Level.HIGH),
        ("RU", date(2026, 1, 28), Level.STANDARD),
        ("RU", date(2026, 1, 29), Level.HIGH),
        ("SE", date(2026, 6, 19), Level.STANDARD),
    ],
)
def test_the_risk_of_a_country_is_that_of_the_day(country, on, expected):
    assert level(country, on) is expected


def test_the_answer_says_why_in_sentences():
    found = country_risk("IQ", on=date(2026, 6, 19))
    assert (
        found.reasons[0]
        == "Iraq is on FATF's list of jurisdictions under increased monitoring since 19 June 2026; FATF plenary of June 2026."
    )
    found = country_risk("KP", on=date(2026, 1, 29))
    assert found.is_current
    assert [listing.list for listing in found.listings] == ["FATF_CALL_FOR_ACTION", "EU_HIGH_RISK"]
    assert "(countermeasures)" in found.reasons[0]
    assert country_risk("SE", on=date(2026, 1, 29)).reasons == ("Sweden is on none of the lists.",)


def test_a_day_after_the_lists_end_is_answered_and_said_to_be_outdated():
    found = country_risk("SE", on=date(2026, 11, 22))
    assert found.level is Level.STANDARD
    assert not found.is_current
    assert "FATF_INCREASED_MONITORING is known up to 19 June 2026 only; look for a newer one." in found.reasons


def test_a_day_before_every_list_is_refused_instead_of_answered_with_nothing():
    with pytest.raises(ListsNotKnown):
        country_risk("KP", on=date(2025, 6, 12))
    with pytest.raises(UnknownCountry):
        country_risk("ZZ", on=date(2026, 6, 19))


def test_changes_between_two_days_are_named_once_and_in_order():
    found = changes(since=date(2026, 2, 12), until=date(2026, 6, 19))
    assert [(change.on.isoformat(), change.country, change.is_added) for change in found] == [
        ("2026-02-13", "KW", True),
        ("2026-02-13", "PG", True),
        ("2026-06-19", "BA", True),
        ("2026-06-19", "DZ", False),
        ("2026-06-19", "IQ", True),
        ("2026-06-19", "NA", False),
    ]
    assert changes(since=date(2026, 6, 19), until=date(2026, 12, 31)) == ()


def test_an_own_list_counts_beside_the_others():
    both = country_lists.shipped().joined(country_lists.read(OWN))
    assert country_risk("SE", on=date(2026, 3, 1), lists=both).level is Level.HIGH
    assert country_risk("SE", on=date(2026, 9, 1), lists=both).level is Level.STANDARD
    assert (
        country_risk("SE", on=date(2026, 3, 1), lists=both).reasons[0]
        == "Sweden is on the list OWN_LIST since 1 March 2026 (pilot); board."
    )
    with pytest.raises(InvalidCountryList, match="OWN_LIST"):
        both.joined(country_lists.read(OWN))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Line 1: the columns"),
        ("country,list\n", "Line 1: the columns"),
        (HEAD + "OWN_LIST,SE\n", "Line 2: 2 columns"),
        (HEAD + "own,SE,HIGH,,,,\n", "Line 2, list"),
        (HEAD + "OWN_LIST,SWE,HIGH,,,,\n", "Line 2, country"),
        (HEAD + "OWN_LIST,SE,SEVERE,,,,\n", "Line 2, level"),
        (HEAD + "OWN_LIST,SE,HIGH,2026-13-01,,,\n", "Line 2, from"),
        (HEAD + "OWN_LIST,SE,HIGH,20260101,,,\n", "Line 2, from"),
        (HEAD + "OWN_LIST,SE,HIGH,2026-01-01,2026-01-01,,\n", "Line 2, until"),
        (HEAD + "OWN_LIST,SE,HIGH,,,,\n", "Line 2, list: no row says"),
        (HEAD + "OWN_LIST,*,,2026-01-01,,,\n", "Line 2, from"),
        (OWN + "OWN_LIST,*,,2026-01-01,2026-12-31,,\n", "Line 4, country"),
        (OWN + "OWN_LIST,SE,HIGH,2026-08-31,,,\n", "Line 4, from: SE is on OWN_LIST already"),
        (HEAD + 'OWN_LIST,"SE', "Line 2"),
    ],
)
def test_a_file_is_taken_whole_or_refused_with_its_line(text, complaint):
    with pytest.raises(InvalidCountryList) as refusal:
        country_lists.read(text)
    assert refusal.value.message.startswith(complaint)


def test_what_is_shipped_says_the_same_as_the_reference_data(reference_data):
    folder = reference_data / "country-risk"

    def rows(name):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def on_list(name, on):
        return {listing.country for listing in country_lists.shipped().listings if listing.list == name and listing.holds(on)}

    status = rows("fatf_status_2026-06-19.csv")
    grey = {row["iso2"] for row in status if row["status"] == "increased_monitoring"}
    assert on_list("FATF_INCREASED_MONITORING", date(2026, 6, 19)) == grey
    assert on_list("FATF_CALL_FOR_ACTION", date(2026, 6, 19)) == {row["iso2"] for row in status} - grey
    moved = changes(since=date(2025, 6, 12), until=date(2026, 6, 19))
    fatf = {
        (change.on.isoformat(), change.country, "added" if change.is_added else "removed")
        for change in moved
        if "FATF" in change.list
    }
    assert fatf == {(row["date"], row["iso2"], row["change"]) for row in rows("fatf_changes.csv")}
    assert on_list("EU_HIGH_RISK", date(2026, 1, 29)) == {
        row["iso2"] for row in rows("eu_high_risk_third_countries_2026-01-29.csv")
    }

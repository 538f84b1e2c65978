"""Normalising what people are called and how they are reached."""

import string
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import errors
from accounts.models import personal
from accounts.models.personal import Address, Personal
from flowlet.core import countries

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada Lovelace", ["ada", "lovelace"]),
        ("LOVELACE, Ada", ["lovelace", "ada"]),
        ("José Muñoz-García", ["jose", "munoz", "garcia"]),
        ("Zoë O'Brien", ["zoe", "o", "brien"]),
        ("STRASSE Straße", ["strasse"]),
        ("ﬁona", ["fiona"]),
        ("李小龍", ["李小龍"]),
        ("Владимир", ["владимир"]),
        ("İzmir", ["izmir"]),
        ("a_b", ["a", "b"]),
        ("…", []),
    ],
)
def test_names_are_compared_by_their_bare_words(name, words):
    assert personal.name_words(name) == words


@given(name=st.text(max_size=60))
def test_bare_words_are_their_own_bare_words(name):
    words = personal.name_words(name)
    assert personal.name_words(" ".join(words)) == words


@given(words=st.lists(st.text(string.ascii_letters + "éüß", min_size=1, max_size=8), min_size=1, max_size=5), data=st.data())
def test_order_case_and_repetition_of_words_make_no_difference(words, data):
    shuffled = data.draw(st.permutations(words))
    assert personal.name_indexes(" ".join(words)) == personal.name_indexes("  ".join([*shuffled, words[0]]).upper())


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada+tag@example.com", "ada+tag@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_a_plain_domain(given_value, kept):
    assert personal.checked_email(given_value) == kept


@given(text=st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text):
    try:
        email = personal.checked_email(text)
    except errors.MalformedEmail:
        return
    assert personal.checked_email(email) == email
    assert personal.email_index(email) == personal.email_index(email.upper())


@given(local=st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True), domain=st.from_regex(r"[a-z0-9]{1,20}\.(com|org)", fullmatch=True))
def test_capitals_in_an_address_make_no_difference_to_its_index(local, domain):
    one, two = personal.checked_email(f"{local}@{domain}"), personal.checked_email(f"{local.upper()}@{domain.upper()}")
    assert personal.email_index(one) == personal.email_index(two)


@given(area=st.sampled_from(["202", "415", "212"]), line=st.integers(min_value=2_000_000, max_value=9_999_999), data=st.data())
def test_spelling_makes_no_difference_to_a_phone_number(area, line, data):
    digits = f"{area}{line}"
    a, b, c = (data.draw(st.sampled_from(["", " ", "-", ".", "  "])) for _ in range(3))
    spelled = f"+1{a}({digits[:3]}){b}{digits[3:6]}{c}{digits[6:]}"
    try:
        number = personal.checked_phone(f"+1{digits}")
    except errors.MalformedPhone:
        with pytest.raises(errors.MalformedPhone):
            personal.checked_phone(spelled)
        return
    assert number == f"+1{digits}"
    assert personal.checked_phone(spelled) == number
    assert personal.phone_index(personal.checked_phone(spelled)) == personal.phone_index(number)


def test_a_phone_number_has_at_most_the_fifteen_digits_of_e164():
    assert personal.checked_phone("+49 30 0000000000 0") == "+493000000000000"
    with pytest.raises(errors.MalformedPhone):
        personal.checked_phone("+49 30 0000000000 00")


@given(text=st.text(max_size=45) | st.from_regex(r"\+[0-9 ()-]{3,20}", fullmatch=True))
def test_any_text_is_a_phone_number_in_e164_or_refused(text):
    try:
        number = personal.checked_phone(text)
    except errors.MalformedPhone:
        return
    assert number[0] == "+" and number[1:].isdigit() and 8 <= len(number) <= 16
    assert personal.checked_phone(number) == number


@given(
    name=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=50),
    line1=st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=50),
    country=st.sampled_from(sorted(countries.CODES)),
    born_on=st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)),
)
def test_a_document_comes_out_as_it_went_in(name, line1, country, born_on):
    values = {"name": name, "address": {"line1": line1, "city": line1, "country": country}, "born_on": born_on}
    try:
        document = personal.checked(values, kind="PERSON", at=AT)
    except errors.MalformedName:
        return
    assert Personal.load(document.dump()) == document
    assert personal.checked({**values, "name": document.name}, kind="PERSON", at=AT) == document


def test_a_day_is_possible_once_it_has_begun_somewhere():
    assert personal.checked_day(date(2026, 3, 2), param="born_on", at=AT) == date(2026, 3, 2)
    with pytest.raises(errors.ImpossibleDate):
        personal.checked_day(date(2026, 3, 2), param="born_on", at=datetime(2026, 3, 1, 9, tzinfo=UTC))


def test_an_address_reads_as_one_line():
    address = Address(line1="Unter den Linden 1", line2="", city="Berlin", postal_code="10117", country="DE")
    assert str(address) == "Unter den Linden 1, 10117 Berlin, Germany"


def test_what_is_masked_shows_enough_to_recognise_and_no_more():
    masked = Personal(
        name="Ada Lovelace",
        email="ada@example.com",
        phone="+442079460958",
        address=Address(line1="x", city="London", country="GB"),
        born_on=date(1815, 12, 10),
        registration_number="HRB 12345678",
    ).masked()
    assert masked == Personal(name="A•• L•••••••", email="a••@example.com", phone="••••958", registration_number="••••5678")


def test_there_are_249_countries_and_kosovo():
    assert len(countries.CODES) == 250
    assert countries.name("DE") == "Germany"
    assert all(countries.name(code) != code for code in countries.CODES)
    for wrong in ("EU", "UK", "ZZ", "AN", "XX", "de", "", "DEU"):
        with pytest.raises(countries.UnknownCountry):
            countries.check(wrong)

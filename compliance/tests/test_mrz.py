"""Machine-readable zones: the specimens of Doc 9303, everything that can be wrong, and the way back."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.policies import mrz
from compliance.policies.mrz import Document, Format, Kind, PartialDate, Sex, states
from compliance.policies.mrz.check_digits import ALPHABET, check_digit, classes
from compliance.policies.mrz.layouts import LAYOUTS
from compliance.policies.mrz.rendering import name_field
from compliance.policies.mrz.suggesting import replaced

ON = date(2026, 6, 30)

TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD1_LONG = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<<<<<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
MRV_A = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
MRV_B = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
SPECIMENS = {"TD1": TD1, "TD1 long": TD1_LONG, "TD2": TD2, "TD3": TD3, "MRV-A": MRV_A, "MRV-B": MRV_B}
ANNA = Document(
    format=Format.TD3,
    type="P",
    issuer="UTO",
    number="L898902C3",
    surname="ERIKSSON",
    given_names="ANNA MARIA",
    nationality="UTO",
    born=PartialDate(1974, 8, 12),
    sex=Sex.FEMALE,
    expires=PartialDate(2012, 4, 15),
    optional="ZE184226B",
)


def changed(text, line, position, character):
    lines = text.split("\n")
    lines[line - 1] = lines[line - 1][: position - 1] + character + lines[line - 1][position:]
    return "\n".join(lines)


def problems(text):
    return [(problem.kind, problem.line, problem.position, problem.field) for problem in mrz.read(text, on=ON).problems]


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (TD3, ANNA),
        (TD1, replace(ANNA, format=Format.TD1, type="I", number="D23145890", optional="")),
        (TD2, replace(ANNA, format=Format.TD2, type="I", number="D23145890", optional="")),
        (
            MRV_A,
            replace(
                ANNA,
                format=Format.MRV_A,
                type="V",
                number="L8988901C",
                nationality="XXX",
                born=PartialDate(1940, 9, 7),
                expires=PartialDate(1996, 12, 10),
                optional="6ZE184226B",
            ),
        ),
        (
            MRV_B,
            replace(
                ANNA,
                format=Format.MRV_B,
                type="V",
                number="L8988901C",
                nationality="XXX",
                born=PartialDate(1940, 9, 7),
                expires=PartialDate(1996, 12, 10),
                optional="",
            ),
        ),
        (
            TD1_LONG,
            replace(
                ANNA,
                format=Format.TD1,
                type="I",
                number="D23145890734",
                surname="STEVENSON",
                given_names="PETER",
                born=PartialDate(1934, 7, 12),
                sex=Sex.MALE,
                expires=PartialDate(1995, 7, 12),
                optional="",
            ),
        ),
    ],
    ids=["TD3", "TD1", "TD2", "MRV-A", "MRV-B", "TD1 with a long number"],
)
def test_the_specimens_of_the_standard_are_read_and_written(text, document):
    assert mrz.read(text, on=ON).problems == ()
    assert mrz.parse(text, on=ON) == document
    assert mrz.render(document) == text


def test_a_zone_may_come_with_other_line_ends_spaces_and_run_together():
    assert mrz.parse(TD1.replace("\n", " \r\n  ") + "\n", on=ON) == mrz.parse(TD1, on=ON)
    for text in (TD1, TD2, TD3):
        assert mrz.parse(text.replace("\n", ""), on=ON) == mrz.parse(text, on=ON)


def checked_positions(text):
    """Every position whose character is covered by a check digit, or is one."""
    layout = next(found for found in LAYOUTS.values() if found.format == mrz.read(text, on=ON).format)
    spans = [layout.number, layout.number_check, layout.birth, layout.birth_check, layout.expiry, layout.expiry_check]
    spans += [span for span in (layout.optional_check, layout.composite_check, *layout.composite) if span]
    return sorted({(span.line, position) for span in spans for position in range(span.start, span.end + 1)})


@pytest.mark.parametrize("text", SPECIMENS.values(), ids=SPECIMENS)
def test_every_digit_that_is_read_as_another_is_noticed_in_every_checked_field(text):
    tried = 0
    for line, position in checked_positions(text):
        right = text.split("\n")[line - 1][position - 1]
        for wrong in "0123456789":
            if right.isdigit() and wrong != right:
                tried += 1
                with pytest.raises(mrz.UnreadableZone) as refusal:
                    mrz.parse(changed(text, line, position, wrong), on=ON)
                kinds = {problem.kind for problem in refusal.value.problems}
                assert kinds & {Kind.CHECK_DIGIT, Kind.COMPOSITE}
    assert tried >= 22 * 9


@pytest.mark.parametrize("text", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_every_digit_that_is_read_as_another_disagrees_with_the_composite_digit_too(text):
    for line, position in checked_positions(text):
        right = text.split("\n")[line - 1][position - 1]
        for wrong in "0123456789":
            if right.isdigit() and wrong != right:
                assert Kind.COMPOSITE in {kind for kind, *_ in problems(changed(text, line, position, wrong))}


def test_a_wrong_digit_is_named_with_its_field_and_the_place_of_its_check_digit():
    assert problems(changed(TD3, 2, 5, "1")) == [(Kind.CHECK_DIGIT, 2, 10, "number"), (Kind.COMPOSITE, 2, 44, "composite")]
    assert problems(changed(TD3, 2, 15, "5")) == [(Kind.CHECK_DIGIT, 2, 20, "birth_date"), (Kind.COMPOSITE, 2, 44, "composite")]
    assert problems(changed(TD3, 2, 23, "3")) == [(Kind.CHECK_DIGIT, 2, 28, "expiry_date"), (Kind.COMPOSITE, 2, 44, "composite")]
    assert problems(changed(TD3, 2, 31, "2")) == [(Kind.CHECK_DIGIT, 2, 43, "optional"), (Kind.COMPOSITE, 2, 44, "composite")]
    assert problems(changed(TD3, 2, 44, "1")) == [(Kind.COMPOSITE, 2, 44, "composite")]
    assert problems(changed(TD1_LONG, 1, 17, "4")) == [(Kind.CHECK_DIGIT, 1, 19, "number"), (Kind.COMPOSITE, 2, 30, "composite")]


def test_the_letters_that_check_digits_cannot_tell_apart_are_those_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "compliance.md").read_text()
    section = page.split("## Machine-readable zones", 1)[1].split("\n## ", 1)[0]
    assert tuple(re.findall(r"^\| `([A-Z0-9<]+)` \|", section, re.MULTILINE)) == classes()
    for same in classes():
        assert len({check_digit(f"12{character}456") for character in same}) == 1
    assert len({check_digit(f"12{same[0]}456") for same in classes()}) == 10


def test_neighbours_that_change_places_escape_only_when_they_differ_by_five():
    for place in range(3):
        for first in ALPHABET:
            for second in ALPHABET:
                here, there = "1" * place + first + second + "11", "1" * place + second + first + "11"
                differ = (ALPHABET.index(first) - ALPHABET.index(second)) % 5
                assert (check_digit(here) == check_digit(there)) is (differ == 0)


@pytest.mark.parametrize(
    ("line", "position", "misread", "likely"),
    [
        (2, 6, "O", "0"),
        (2, 20, "Z", "2"),
        (2, 17, "B", "8"),
        (2, 24, "O", "0"),
        (2, 26, "I", "1"),
        (2, 27, "S", "5"),
        (2, 43, "I", "1"),
    ],
)
def test_a_misread_character_is_named_with_what_was_probably_meant(line, position, misread, likely):
    reading = mrz.read(changed(TD3, line, position, misread), on=ON)
    lines = tuple(changed(TD3, line, position, misread).split("\n"))
    ways = [changes for problem in reading.problems for changes in problem.suggestions]
    assert ways
    assert "\n".join(replaced(lines, ways[0])) == TD3
    assert (ways[0][0].line, ways[0][0].position, ways[0][0].read, ways[0][0].likely) == (line, position, misread, likely)


def test_two_misread_characters_of_a_number_are_found_together():
    text = changed(changed(TD3, 2, 3, "B"), 2, 5, "B")
    text = changed(changed(TD3, 2, 2, "B"), 2, 6, "O")
    (first, _) = mrz.read(text, on=ON).problems
    assert (first.kind, first.field) == (Kind.CHECK_DIGIT, "number")
    assert TD3 in {"\n".join(replaced(tuple(text.split("\n")), changes)) for changes in first.suggestions}


def test_a_digit_in_a_name_or_a_state_is_suggested_as_a_letter():
    (name,) = mrz.read(changed(TD3, 1, 13, "0"), on=ON).problems
    assert (name.kind, name.suggestions[0][0].likely) == (Kind.NAME, "O")
    (state,) = mrz.read(changed(TD3, 1, 5, "0"), on=ON).problems
    assert (state.kind, state.field, state.suggestions[0][0].likely) == (Kind.STATE, "issuer", "O")


@pytest.mark.parametrize(
    ("text", "kind", "line", "position", "field"),
    [
        ("", Kind.SHAPE, 1, 1, "line"),
        (TD3[:-1], Kind.SHAPE, 2, 44, "line"),
        (TD1.split("\n", maxsplit=1)[0], Kind.SHAPE, 1, 1, "line"),
        (changed(TD3, 1, 7, "r"), Kind.CHARACTER, 1, 7, "name"),
        (changed(TD3, 2, 10, "É"), Kind.CHARACTER, 2, 10, "check_digit"),
        (changed(TD3, 1, 1, "I"), Kind.TYPE, 1, 1, "type"),
        (changed(TD3, 1, 3, "Q"), Kind.STATE, 1, 3, "issuer"),
        (changed(TD3, 2, 11, "Q"), Kind.STATE, 2, 11, "nationality"),
        (changed(TD3, 2, 21, "X"), Kind.SEX, 2, 21, "sex"),
        (changed(TD3, 1, 6, "<"), Kind.NAME, 1, 6, "name"),
        (changed(TD3, 1, 30, "A"), Kind.NAME, 1, 6, "name"),
    ],
)
def test_what_breaks_the_standard_is_refused_with_its_place(text, kind, line, position, field):
    assert problems(text) == [(kind, line, position, field)]
    with pytest.raises(mrz.UnreadableZone) as refusal:
        mrz.parse(text, on=ON)
    assert refusal.value.code == "mrz.unreadable"
    assert refusal.value.details["problems"] == [{"kind": kind, "line": line, "position": position, "field": field}]


def with_dates(born, expires):
    """The passport of the specimen with other texts in its dates, and check digits that agree."""
    first, second = TD3.split("\n")
    second = second[:13] + born + check_digit(born) + second[20] + expires + check_digit(expires) + second[28:43]
    return f"{first}\n{second}{check_digit(second[:10] + second[13:20] + second[21:43])}"


@pytest.mark.parametrize(
    ("born", "on", "year"),
    [
        ("260630", date(2026, 6, 30), 2026),
        ("260701", date(2026, 6, 30), 1926),
        ("990101", date(2026, 6, 30), 1999),
        ("000229", date(2026, 6, 30), 2000),
        ("27<<<<", date(2026, 6, 30), 1927),
        ("26<<<<", date(2026, 6, 30), 2026),
        ("990101", date(1998, 12, 31), 1899),
    ],
)
def test_nobody_is_born_after_the_day_from_which_centuries_are_judged(born, on, year):
    assert mrz.parse(with_dates(born, "300101"), on=on).born.year == year


@pytest.mark.parametrize(
    ("expires", "year"), [("760101", 2076), ("770101", 1977), ("990101", 1999), ("260630", 2026), ("360101", 2036)]
)
def test_an_expiry_lies_within_fifty_years_of_the_day(expires, year):
    assert mrz.parse(with_dates("740812", expires), on=ON).expires.year == year


def test_a_document_is_good_on_its_last_day_and_over_on_the_next():
    document = mrz.parse(with_dates("740812", "260630"), on=ON)
    assert document.is_expired(on=date(2026, 6, 30)) is False
    assert document.is_expired(on=date(2026, 7, 1)) is True
    assert (document.age(on=date(2026, 8, 11)), document.age(on=date(2026, 8, 12))) == (51, 52)


def test_unknown_parts_of_dates_are_fillers_in_pairs():
    document = mrz.parse(with_dates("7408<<", "<<<<<<"), on=ON)
    assert (document.born, document.expires) == (PartialDate(1974, 8, None), PartialDate())
    assert not document.born.is_whole
    assert document.is_expired(on=ON) is None
    assert (document.age(on=date(2026, 8, 30)), document.age(on=date(2026, 8, 31))) == (
        51,
        52,
    )  # certainly, on the last day it can be
    assert mrz.parse(with_dates("<<<<<<", "300101"), on=ON).age(on=ON) is None
    assert problems(with_dates("7408<2", "300101")) == [(Kind.DATE, 2, 14, "birth_date")]


@pytest.mark.parametrize("born", ["741301", "740001", "740832", "740800", "750229", "740431"])
def test_days_that_no_calendar_has_are_refused_although_their_check_digit_agrees(born):
    assert problems(with_dates(born, "300101")) == [(Kind.DATE, 2, 14, "birth_date")]


def test_a_passport_without_a_personal_number_has_a_filler_or_a_zero_for_its_check_digit():
    for digit in "<0":
        second = "L898902C36UTO7408122F1204159" + "<" * 14 + digit
        text = TD3.split("\n", maxsplit=1)[0] + "\n" + second + check_digit(second[:10] + second[13:20] + second[21:43])
        assert mrz.parse(text, on=ON).optional == ""
    assert (Kind.CHECK_DIGIT, 2, 43, "optional") in problems(changed(TD3, 2, 43, "<"))


@pytest.mark.parametrize(
    "optional",
    ["7349A<<<<<<<<<<"[:4] + "9" * 11, "9<<<<<<<<<<<<<<"],
    ids=["without a filler at its end", "a check digit alone"],
)
def test_a_long_number_that_does_not_end_as_it_should_is_refused(optional):
    assert (Kind.NUMBER, 1, 6, "number") in problems(TD1_LONG.replace("7349<<<<<<<<<<<", optional))


def test_a_long_number_may_be_followed_by_other_data():
    document = replace(mrz.parse(TD1_LONG, on=ON), optional="AB<12")
    text = mrz.render(document)
    assert text.split("\n")[0] == "I<UTOD23145890<7349<AB<12<<<<<"
    assert mrz.parse(text, on=ON) == document


def test_a_number_without_check_digit_is_refused():
    assert (Kind.CHECK_DIGIT, 2, 10, "number") in problems(changed(TD3, 2, 10, "<"))
    assert (Kind.CHECK_DIGIT, 1, 15, "number") in problems(changed(TD1, 1, 15, "<"))


def test_codes_of_states_know_what_the_standard_adds():
    for code in ("D", "UTO", "XXA", "XXB", "XXC", "XXX", "GBN", "UNO", "EUE", "RKS", "XPO", "XOM", "FRA", "USA"):
        assert states.is_known(code)
    assert (states.alpha_2("D"), states.alpha_2("RKS"), states.alpha_2("FRA"), states.alpha_2("GBN")) == ("DE", "XK", "FR", "GB")
    assert (states.alpha_2("XXA"), states.alpha_2("UNO"), states.alpha_2("UTO")) == ("", "", "")
    assert len(states.ALPHA_2) == len(set(states.ALPHA_2.values())) == 249
    german = mrz.parse(mrz.render(replace(ANNA, issuer="D", nationality="D")), on=ON)
    assert (german.issuer, german.country, german.is_specimen) == ("D", "DE", False)
    assert mrz.parse(TD3, on=ON).is_specimen


def test_names_that_are_too_long_fill_the_field_and_say_so():
    document = replace(ANNA, surname="NILAVADHANANANDA", given_names="CHAYAPA DEJTHAMRONG KRASUANG")
    text = mrz.render(document)
    assert text.split("\n")[0] == "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"
    again = mrz.parse(text, on=ON)
    assert again.is_name_cut
    assert (again.surname, again.given_names) == ("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K")
    assert mrz.render(again) == text
    assert len(name_field("A" * 60, "B C", 39)) == len(name_field(" ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "Z", 39)) == 39
    assert not mrz.parse(TD3, on=ON).is_name_cut


def test_a_holder_may_have_one_name_only():
    document = replace(ANNA, surname="ARKFREITH", given_names="")
    assert mrz.render(document).split("\n")[0] == "P<UTOARKFREITH".ljust(44, "<")
    assert mrz.parse(mrz.render(document), on=ON) == document


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"surname": "Eriksson"}, "surname"),
        ({"surname": ""}, "surname"),
        ({"given_names": "ANNA  MARIA"}, "surname"),
        ({"number": "L898902C34"}, "number"),
        ({"number": ""}, "number"),
        ({"optional": "X" * 15}, "optional"),
        ({"second_optional": "X"}, "second_optional"),
        ({"issuer": "UTOP"}, "issuer"),
    ],
)
def test_what_a_zone_cannot_hold_is_not_written(change, param):
    with pytest.raises(mrz.NotRenderable) as refusal:
        mrz.render(replace(ANNA, **change))
    assert refusal.value.param == param


def test_a_form_is_held_against_the_document():
    document = replace(ANNA, surname="MUELLER MEIER", given_names="ANNA MARIA", issuer="D", nationality="D")
    same = {
        "surname": "Müller-Meier",
        "given_names": "Anna María",
        "number": "l898902c3",
        "born_on": date(1974, 8, 12),
        "country": "DE",
    }
    assert mrz.compare(document, **same) == ()
    assert mrz.compare(replace(document, surname="MULLER MEIER"), surname="Müller-Meier") == ()
    assert mrz.compare(replace(document, surname="OCONNOR"), surname="O'Connor") == ()
    assert mrz.compare(replace(document, given_names="ANNA M", is_name_cut=True), given_names="Anna Maria Luise") == ()
    assert mrz.compare(replace(document, born=PartialDate(1974, 8, None)), born_on=date(1974, 8, 30)) == ()
    other = mrz.compare(document, surname="Mayer", given_names="Anna", number="X1", born_on=date(1974, 12, 8), country="FR")
    assert [(found.field, found.document) for found in other] == [
        ("surname", "MUELLER MEIER"),
        ("given_names", "ANNA MARIA"),
        ("number", "L898902C3"),
        ("born_on", "1974-08-12"),
        ("country", "DE"),
    ]


PARTS = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9), min_size=1, max_size=2).map(" ".join)
CODES = st.sampled_from(sorted(states.CODES))
TEXTS = st.text("ABC0189<", max_size=7).map(lambda text: text.rstrip("<"))


@st.composite
def documents(draw):
    kind = draw(st.sampled_from(list(Format)))
    layout = LAYOUTS[kind]
    longest = 9
    if layout.takes_long_numbers:
        longest = 9 + layout.optional.width - 2
    number = draw(st.text("ABCXYZ0123456789", min_size=1, max_size=longest))
    room = layout.optional.width - (len(number) - 9 + 2 if len(number) > 9 else 0)
    surname, given_names = draw(PARTS), draw(PARTS | st.just(""))
    if len(surname) + (2 + len(given_names) if given_names else 0) >= layout.name.width:
        surname, given_names = surname[:5].strip(), given_names[:5].strip()
    born = draw(st.dates(date(1926, 7, 1), ON))
    expires = draw(st.dates(date(1977, 1, 1), date(2076, 12, 31)))
    unknown = draw(st.sampled_from(["", "day", "month and day", "all"]))
    return Document(
        format=kind,
        type=draw(st.sampled_from(layout.types)) + draw(st.sampled_from(["", "A", "D", "R"])),
        issuer=draw(CODES),
        number=number,
        surname=surname,
        given_names=given_names,
        nationality=draw(CODES),
        born=PartialDate(
            None
            if unknown == "all"
            else born.year
            if unknown != "month and day"
            else min(born.year, 2025)
            if born.year > 1926
            else 1927,
            born.month if unknown in ("", "day") else None,
            born.day if not unknown else None,
        ),
        sex=draw(st.sampled_from(Sex)),
        expires=PartialDate(expires.year, expires.month, draw(st.sampled_from([expires.day, None]))),
        optional=draw(TEXTS)[:room].rstrip("<"),
        second_optional=draw(TEXTS) if layout.second_optional else "",
    )


@given(documents())
def test_what_was_written_is_read_as_it_was(document):
    text = mrz.render(document)
    layout = LAYOUTS[document.format]
    assert [len(line) for line in text.split("\n")] == [layout.width] * layout.lines
    assert mrz.read(text, on=ON).problems == ()
    assert mrz.parse(text, on=ON) == document


@given(PARTS, st.lists(PARTS, max_size=6).map(" ".join), st.sampled_from([30, 31, 39]))
def test_a_cut_name_stays_as_it_is_when_it_is_written_again(surname, given_names, width):
    field = name_field(surname, given_names, width)
    first, _, last = field.partition("<<")
    assert len(field) <= width
    assert not field.endswith("<")
    assert name_field(first.replace("<", " "), last.replace("<", " "), width) == field


@given(st.text("ABCIOSUTO0158<P\n ", max_size=140))
def test_nothing_makes_the_reader_fail(text):
    reading = mrz.read(text, on=ON)
    assert reading.is_sound is (reading.document is not None)

"""Words of names: other alphabets, signs, sounds, slips, and the tables that they are read by."""

import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from compliance.policies.screening import normalising, scripts, sounds, tables
from compliance.policies.screening.parts import Role, parse
from compliance.policies.screening.rarity import BARE, Rarity
from compliance.policies.screening.similarity import Way, distance, likeness
from compliance.providers.watchlists.entries import EntryKind
from flowlet.core.scripts import sole_script_of

PERSON, ORGANISATION = EntryKind.PERSON, EntryKind.ORGANISATION


def words(text: str, kind: EntryKind = PERSON) -> tuple[str, ...]:
    return normalising.words(text, is_person=kind == PERSON)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("O'Brien", PERSON, ("obrien",)),
        ("‘Abd al-Karīm", PERSON, ("abd", "al", "karim")),
        ("Łukasz Żółć", PERSON, ("lukasz", "zolc")),
        ("Großmann", PERSON, ("grossmann",)),
        ("J.R. Smith", PERSON, ("j", "r", "smith")),
        ("Ig0r Sech1n", PERSON, ("igor", "sechin")),
        ("A.B.C. Company", ORGANISATION, ("abc", "company")),
        ("G.m.b.H.", ORGANISATION, ("gmbh",)),
        ("C G Clow Trust", ORGANISATION, ("cg", "clow", "trust")),
        ("11420 CORP.", ORGANISATION, ("11420", "corp")),
        ("Deltora & Sons", ORGANISATION, ("deltora", "and", "sons")),
        ("Deltora's Bank", ORGANISATION, ("deltora", "bank")),
        ("ＤＥＬＴＯＲＡ", ORGANISATION, ("deltora",)),
        ("Del\u00adtora\u200b", ORGANISATION, ("deltora",)),
        ("Q8 Motors", ORGANISATION, ("q8", "motors")),
    ],
)
def test_words_are_folded(text, kind, expected):
    assert words(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "script", "expected"),
    [
        ("Щербаков", "Cyrl", "Shcherbakov"),
        ("曾庆红", "Hani", "Zeng QingHong"),
        ("欧阳修", "Hani", "OuYang Xiu"),
        ("贝拉克·奥巴马", "Hani", "BeiLaKe AoBaMa"),
        ("김정은", "Hang", "kim jeongeun"),
        ("أسامة بن لادن", "Arab", "osama bin ladin"),
        ("やまだ", "Kana", "yamada"),
        ("Αλέξης", "Grek", "Alexis"),
        ("O'Brien", "Latn", "O'Brien"),
    ],
)
def test_other_scripts_are_romanised(text, script, expected):
    assert sole_script_of(text) == script
    assert scripts.romanised(text)[0] == expected


def test_a_korean_name_has_the_romanisations_of_both_countries():
    assert scripts.romanised("김명철") == ("kim myeongcheol", "kim myongchol")


def test_mixed_scripts_have_no_script_of_their_own():
    assert sole_script_of("Deltora ООО") == ""
    assert sole_script_of("12-7") == ""


def test_characters_and_their_simplified_form_are_read_alike():
    for traditional, simplified in tables.pairs("traditional_characters").items():
        assert anyascii(traditional) == anyascii(simplified), traditional


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qaddafi", "kaddafi"),
        ("carim", "karim"),
        ("shcherbakov", "scherbakoff"),
        ("tchaikovskiy", "chaikovsky"),
        ("khalid", "halid"),
        ("youssef", "yusef"),
        ("philip", "filip"),
        ("nasrullah", "nasrallah"),
    ],
)
def test_what_sounds_alike_is_written_alike(one, other):
    assert sounds.sound(one) == sounds.sound(other)


@pytest.mark.parametrize(
    ("one", "other", "cost"),
    [
        ("karim", "karim", 0),
        ("karim", "karem", 0.6),
        ("karim", "kariim", 0.25),
        ("karim", "kairm", 0.7),
        ("karim", "kaxim", 1),
        ("karim", "karxim", 1),
        ("karim", "arim", 1),
        ("karim", "zarim", 1.2),
        ("sechin", "sech1n", 0.3),
    ],
)
def test_slips_cost_what_they_are(one, other, cost):
    assert distance(one, other) == pytest.approx(cost)


@given(st.text("abcehmorstu", max_size=9), st.text("abcehmorstu", max_size=9))
def test_the_distance_is_the_same_both_ways_and_none_to_itself(one, other):
    assert distance(one, one) == 0
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) <= len(one) + len(other) + 1


@given(st.text(max_size=30), st.sampled_from([PERSON, ORGANISATION, None]))
def test_every_text_can_be_parsed(text, kind):
    for parsed in parse(text, kind):
        assert all(token.text.isascii() and token.text.isalnum() for token in parsed.tokens)


def test_the_parts_of_a_name_are_told_apart():
    (person,) = parse("Sheikh Omar bin Abd al-Rahman T. Haddad", PERSON)
    assert [(token.text, token.role) for token in person.tokens] == [
        ("sheikh", Role.TITLE),
        ("omar", Role.WORD),
        ("bin", Role.PARTICLE),
        ("abdulrahman", Role.WORD),
        ("t", Role.INITIAL),
        ("haddad", Role.WORD),
    ]
    (company,) = parse("Deltora Trading (Chile) Fund VII Limited Liability Company", ORGANISATION)
    assert [(token.text, token.role) for token in company.tokens] == [
        ("deltora", Role.WORD),
        ("trading", Role.GENERIC),
        ("chile", Role.PLACE),
        ("fund", Role.GENERIC),
        ("7", Role.NUMBER),
    ]
    assert company.legal == {"limited"}


def test_a_slip_in_a_generic_word_does_not_make_it_a_name():
    (company,) = parse("Deltora Tradnig Compnay", ORGANISATION)
    assert [token.role for token in company.tokens] == [Role.WORD, Role.GENERIC]
    assert company.legal == {"company"}


def test_words_are_alike_in_ways_that_have_names():
    def way(one: str, other: str) -> Way:
        return likeness(parse(one, PERSON)[0].tokens[0], parse(other, PERSON)[0].tokens[0]).way

    assert way("Tarhuni", "Tarhuni") == Way.SAME
    assert way("Mohammed", "Mahmet") != Way.VARIANT
    assert way("Mohammed", "Mukhammad") == Way.VARIANT
    assert way("Bill", "William") == Way.NICKNAME
    assert way("Karimov", "Karimoff") == Way.SOUND
    assert way("Brannikov", "Branmikov") == Way.SPELLING
    assert way("B.", "Brannikov") == Way.INITIAL
    assert way("Brannikov", "Okonkwo") == Way.NONE


@pytest.mark.parametrize(("one", "other"), [("Wijaya", "Wiji"), ("Zhenjing", "Junzheng")])
def test_words_that_sound_nearly_alike_are_little_more_alike_than_they_are_spelled(one, other):
    left, right = (parse(text, PERSON)[0].tokens[0] for text in (one, other))
    assert likeness(left, right).score < 0.80


@pytest.mark.parametrize(("one", "other"), [("Yusuf", "Youssef"), ("Gaddafi", "Qadhafi"), ("Hussein", "Husayn")])
def test_spellings_of_one_sound_stay_alike(one, other):
    left, right = (parse(text, PERSON)[0].tokens[0] for text in (one, other))
    assert likeness(left, right).score >= 0.84


def test_an_article_is_no_slip_of_a_name():
    al, ali = parse("Hassan al Basruni", PERSON)[0].tokens[1], parse("Ali Basruni", PERSON)[0].tokens[0]
    assert (al.text, ali.text) == ("al", "ali")
    assert likeness(al, ali).score == likeness(ali, al).score == 0


def test_what_many_have_proves_less():
    rare, common, very = (parse(name, PERSON)[0].tokens[0] for name in ("Brannikov", "Garcia", "Muhammad"))
    assert BARE.of_token(rare) > BARE.of_token(common) > BARE.of_token(very)
    crowded = Rarity.of(parse("Brannikov", PERSON) for _ in range(500))
    assert crowded.of_token(rare) < BARE.of_token(rare)


def test_tables_have_no_word_twice_in_a_line_and_no_capital():
    for name in ("nicknames", "spelling_variants", "places"):
        for line in tables.lines_of(name):
            assert len(set(line)) == len(line), (name, line)
            assert all(word.isascii() and word == word.lower() for word in line), (name, line)

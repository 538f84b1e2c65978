"""Two names: what matches, what does not, and why, down to the complaints that users of other matchers have."""

import pytest

from compliance.policies.screening import names, settings
from compliance.policies.screening.features import explain
from compliance.policies.screening.parts import parse
from compliance.providers.watchlists.entries import EntryKind

PERSON, ORGANISATION, VESSEL = EntryKind.PERSON, EntryKind.ORGANISATION, EntryKind.VESSEL


def compared(left: str, right: str, kind: EntryKind | None = PERSON) -> names.Comparison:
    return names.compare(parse(left, kind), parse(right, kind))


def matches(left: str, right: str, kind: EntryKind | None = PERSON) -> bool:
    return compared(left, right, kind).score >= settings.THRESHOLD


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Fyodor Brannikov", "Fyodor Brannikov"),
        ("Brannikov, Fyodor", "Fyodor Brannikov"),
        ("BRANNIKOV Fyodor", "fyodor brannikov"),
        ("Fyodor Pavlovich Brannikov", "Fyodor Brannikov"),
        ("F. Brannikov", "Fyodor Brannikov"),
        ("FyodorBrannikov", "Fyodor Brannikov"),
        ("Fyodor Branikov", "Fyodor Brannikov"),
        ("Fyodor Brannkiov", "Fyodor Brannikov"),
        ("Fyodor Brannykow", "Fyodor Brannikov"),
        ("Fy0dor Brann1kov", "Fyodor Brannikov"),
        ("Dr. Fyodor Brannikov", "Fyodor Brannikov"),
        ("Fyodor Brannikov LLC", "Fyodor Brannikov"),
        ("Théodore Lemoine", "Theodore Lemoine"),
        ("Ted Lemoine", "Theodore Lemoine"),
        ("Abd al-Rahman Tarhuni", "Abdurrahman al-Tarhouni"),
        ("Saif ad-Din Tarhuni", "Seifeddine Tarhouni"),
        ("Yusuf Gadhafi", "Youssef Qaddafi"),
        ("Mohd. Tarhuni", "Muhammad Tarhuni"),
        ("Abdul-Tarhuni", "Abd al-Tarhuni"),
        ("A. Rauf Tarhuni", "Tarhuni, Abdul Rauf"),
        ("Abu Tarhuni", "Abou Tarhouni"),
    ],
)
def test_a_person_is_the_same_however_it_is_written(left, right):
    assert matches(left, right)
    assert matches(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Фёдор Бранников", "Fyodor Brannikov"),
        ("محمد الطرهوني", "Mohammed al-Tarhuni"),
        ("Γιώργος Παπανικολάου", "Giorgos Papanikolaou"),
        ("李在明", "Li Zaiming"),
        ("欧阳文远", "Ouyang Wenyuan"),
        ("曾文远", "Zeng Wenyuan"),
        ("김명철", "Kim Myong Chol"),
        ("김명철", "Kim Myeong-cheol"),
        ("バラク・オバマ", "Barack Obama"),
        ("בנימין לוינסקי", "Binyamin Levinsky"),
        ("ทักษิณ บุญมี", "Thaksin Bunmi"),
        ("ბარაკ ობამა", "Barack Obama"),
    ],
)
def test_a_person_is_the_same_in_another_script(left, right):
    assert matches(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Sergey Pavlovich Brannikov", "Sergey Borisovich Brannikov"),
        ("Pavel Brannikov", "Fyodor Brannikov"),
        ("Fyodor Sokolov", "Fyodor Brannikov"),
        ("Hans O. Lindquist", "Hans Joachim Lindquist"),
        ("Erik A. Lindquist", "Jonas A. Lindquist"),
        ("Jamal Tarhuni al-Mosuli", "Jamal Tarhuni al-Tikriti"),
        ("Salman bin Muhammad al-Tarhuni", "Muhammad bin Salman al-Tarhuni"),
        ("李在朋", "李在明"),
        ("Muhammad", "Muhammad Tarhuni"),
        ("Mr Muhammad", "Muhammad"),
        ("Waqas Mirza", "Abu Waqas"),
        ("Jalal Ahmed Tarhuni", "Tarhuni, Ahmad Yunus Hamzi Ali"),
        ("Ali", "Ali Hassan Tarhuni"),
    ],
)
def test_another_person_is_not_the_same(left, right):
    assert not matches(left, right)
    assert not matches(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Deltora Shipping Ltd", "DELTORA SHIPPING LIMITED"),
        ("Deltora Shipping GmbH", "Deltora Shipping Gesellschaft mit beschränkter Haftung"),
        ("Deltora Shipping", "Deltora Shipping Co., Ltd."),
        ("JSC Deltora Instrument Plant", "Deltora Instrument Plant Joint Stock Company"),
        ("A.B.X. Company", "ABX Co."),
        ("Deltora & Sons", "Deltora and Sons"),
        ("DELTORA", "Deltora Europe Sp. z o.o."),
        ("van der bilt corp", "vanderbilt corp"),
        ("Deltora Shiping Compny", "Deltora Shipping Company"),
        ("Акционерное общество «Делтора»", "JSC Deltora"),
        ("The World Bank", "World Bank"),
        ("Deltora Joint Stck Company", "Deltora Joint Stock Company"),
        ("Deltora S.A.", "S.A. Deltora"),
        ("Deltora Bahk", "Deltora Bank"),
    ],
)
def test_an_organisation_is_the_same_however_it_is_written(left, right):
    assert matches(left, right, ORGANISATION)
    assert matches(right, left, ORGANISATION)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Deltora Systems, Inc.", "Deltora Industries, Inc."),
        ("Deltora Holdings Mexico S.A.", "Deltora Holdings Chile S.A."),
        ("LXC Aviation", "LAU Aviation"),
        ("Saudi Arabian Gas Company", "Saudi Arabian Oil Company"),
        ("Bank of China (Hong Kong) Limited", "Bank of China (Australia) Limited"),
        ("Trading Company", "Global Trading Company"),
        ("Mahdi & Yasmin Ltd", "Ya Mahdi Industries Group"),
    ],
)
def test_another_organisation_is_not_the_same(left, right):
    assert not matches(left, right, ORGANISATION)
    assert not matches(right, left, ORGANISATION)


def test_a_number_is_never_stripped_so_that_a_bare_legal_form_remains():
    """A matcher that read "11420 CORP." as "corp" alarmed on every corporation."""
    assert matches("11420 CORP.", "11420 Corporation", ORGANISATION)
    assert compared("CORP", "11420 CORP.", ORGANISATION).score < 0.5
    assert compared("Deltora Corp", "11420 CORP.", ORGANISATION).score < 0.5
    assert compared("CORP", "CORP", ORGANISATION).score <= settings.SINGLE_WORD_CAP


@pytest.mark.parametrize("kind", [PERSON, ORGANISATION, None])
def test_a_personal_name_of_two_words_is_no_company_of_one(kind):
    """A matcher found "Emma Dalton" in "EMMA LLC" with 100 %."""
    assert compared("Emma Dalton", "EMMA LLC", kind).score <= settings.SINGLE_WORD_CAP


def test_a_legal_form_glued_to_the_name_is_found():
    """A matcher did not see JSC ARGUMENT in JSCARGUMENT at all."""
    assert compared("JSCARGUMENT", "JSC ARGUMENT", ORGANISATION).score == pytest.approx(0.974)
    assert matches("JSC ARGUMENT", "JSCARGUMENT", ORGANISATION)


def test_short_true_names_match_in_full():
    """Short names score low where letters are counted; "Pol Pot" is the same name all the same."""
    assert compared("PolPot", "Pol Pot").score >= 0.95
    assert compared("Ri Il", "RI IL").score == 1.0
    assert not matches("Pol Pot", "Pot Pouv")


def test_a_vessel_of_the_same_line_is_the_same_name_with_another_number():
    assert matches("Deltora Star", "DELTORA STAR", VESSEL)
    assert compared("Deltora Star 6", "Deltora Star 5", VESSEL).score < compared("Deltora Star 6", "Deltora Star 6", VESSEL).score


def test_contributions_add_up_to_the_score():
    for left, right in (
        ("F. P. Branikov", "Fyodor Brannikov"),
        ("Hans O. Lindquist", "Hans Joachim Lindquist"),
        ("Ali", "Ali Tarhuni"),
    ):
        found = compared(left, right)
        assert sum(one.contribution for one in explain(found)) == pytest.approx(found.score, abs=0.001)


def test_each_feature_says_in_words_what_it_is():
    found = explain(compared("Ted Lemoyne", "Theodore P. Lemoine"))
    assert [(one.feature, one.left, one.right, one.sentence) for one in found] == [
        ("name_word", "ted", "theodore", "“ted” is another form of “theodore”."),
        ("name_word", "lemoyne", "lemoine", "“lemoyne” is spelled almost like “lemoine” (91%)."),
        ("name_extra", "", "p", "One name has words more: “p”."),
    ]


def test_the_same_names_get_the_same_answer_in_either_order_of_words():
    one = compared("Fyodor Pavlovich Brannikov", "Brannikov Fyodor")
    other = compared("Brannikov Pavlovich Fyodor", "Fyodor Brannikov")
    assert one.score == other.score


@pytest.mark.parametrize("text", ["", " ", "-", "…", "()", "«»", "🙂", "\u200b", "'"])
def test_a_name_without_letters_matches_nothing(text):
    assert compared(text, "Fyodor Brannikov").score == 0
    assert compared(text, text, ORGANISATION).score == 0

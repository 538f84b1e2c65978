"""Whether two names are the same holder's."""

import pytest

from payments.choices import PayeeResult
from payments.policies import names

MTCH, CMTC, NMTC, NOAP = PayeeResult.MTCH, PayeeResult.CMTC, PayeeResult.NMTC, PayeeResult.NOAP


@pytest.mark.parametrize(
    ("known", "named", "result"),
    [
        ("Ada Lovelace", ["ADA LOVELACE"], MTCH),
        ("Ada Lovelace", ["Lovelace, Ada"], MTCH),
        ("Zoë Müller", ["ZOE MULLER"], MTCH),
        ("Analytical Engines Limited", ["ANALYTICAL ENGINES LTD."], MTCH),
        ("Smith and Sons", ["Smith & Sons"], MTCH),
        ("Ada Lovelace", ["Ada King Lovelace"], CMTC),
        ("Ada King Lovelace", ["Ada Lovelace"], CMTC),
        ("Ada Lovelace", ["A Lovelace"], CMTC),
        ("Ada K Lovelace", ["Ada King Lovelace"], CMTC),
        ("Ada Lovelace", ["Ada Lovelcae"], CMTC),
        ("Ada Lovelace", ["Ada Loveace"], CMTC),
        ("Ada Lovelace", ["Grace Hopper"], NMTC),
        ("Ada Lovelace", ["Ada Byron"], NMTC),
        ("Ada Lovelace", ["Lovelace"], NMTC),
        ("Ada Lovelace", ["A L"], NMTC),
        ("Ada Lovelace", ["A Lovelcae"], NMTC),
        ("Jim Smith", ["Tim Smith"], NMTC),
        ("Ada", ["Ada Lovelace"], NMTC),
        ("Ada Lovelace", ["Ada Byron King Noel Lovelace"], NMTC),
        ("Ada Lovelace", ["Grace Hopper", "Ada Lovelace"], MTCH),
        ("Ada Lovelace", ["Grace Hopper", "A Lovelace"], CMTC),
        ("Ada Lovelace", [], NOAP),
        ("Ada Lovelace", ["---"], NOAP),
        ("", ["Ada Lovelace"], NOAP),
    ],
)
def test_names_are_compared_by_their_words(known, named, result):
    assert names.compare(known, named) == result


def test_the_bank_s_best_name_is_the_one_most_like_ours():
    assert names.best("Ada Lovelace", ["Grace Hopper", "ADA LOVELACE", "A Lovelace"]) == "ADA LOVELACE"
    assert names.best("Ada Lovelace", []) == ""

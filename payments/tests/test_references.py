"""References: what was mistyped is noticed, what was written differently is not held against anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from payments.errors import MalformedReference
from payments.policies import references

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BODIES = st.text(SYMBOLS, min_size=12, max_size=12)


def reference_of(body):
    return f"FLW-{body[:4]}-{body[4:8]}-{body[8:]}-{references._check(body)}"


def test_a_new_reference_has_its_form_and_no_two_are_alike():
    found = {references.new() for _ in range(2_000)}
    assert len(found) == 2_000
    for one in found:
        assert len(one) == 20
        assert references.parse(one) == one
        assert set(one.removeprefix("FLW-")) <= {*SYMBOLS, "-"}


def test_these_references_are_right_for_good():
    """Given out once, always right: the check never changes."""
    for one in ("FLW-0000-0000-0000-0", "FLW-0000-0000-0001-2", "FLW-7K3D-9QX2-M4T1-K"):
        assert references.parse(one) == one


@pytest.mark.parametrize(
    "typed",
    [
        "FLW-7K3D-9QX2-M4T1-K",
        "flw-7k3d-9qx2-m4t1-k",
        "FLW 7K3D 9QX2 M4T1 K",
        "7K3D9QX2M4T1K",
        " 7k3d-9qx2-m4tI-k\n",
        "flw7k3d9qx2m4tlk",
        "F1W-7K3D-9QX2-M4T1-K",
    ],
)
def test_it_does_not_matter_how_it_is_written(typed):
    assert references.parse(typed) == "FLW-7K3D-9QX2-M4T1-K"
    assert references.compact(typed) == "7K3D9QX2M4T1K"
    assert references.is_reference(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "FLW",
        "FLW-7K3D-9QX2-M4T1",
        "FLW-7K3D-9QX2-M4T1-H",
        "7K3D9QX2M4T1KK",
        "ABC7K3D9QX2M4T1K",
        "FLW-7K3D-9QX2-M4U1-K",
        "é" * 13,
    ],
)
def test_what_is_none_is_refused(typed):
    assert not references.is_reference(typed)
    with pytest.raises(MalformedReference) as refused:
        references.parse(typed)
    assert (refused.value.code, refused.value.status) == ("payments.malformed_reference", 400)


@given(BODIES, st.integers(0, 12), st.sampled_from(SYMBOLS))
def test_one_wrong_symbol_is_noticed(body, place, symbol):
    right = references.compact(reference_of(body))
    wrong = right[:place] + symbol + right[place + 1 :]
    assert references.is_reference(wrong) is (wrong == right)


@given(BODIES, st.integers(0, 12), st.integers(0, 12))
def test_two_swapped_symbols_are_noticed(body, one, other):
    right = references.compact(reference_of(body))
    swapped = list(right)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    wrong = "".join(swapped)
    assert references.is_reference(wrong) is (wrong == right)


def test_the_creditor_reference_of_the_standard_and_its_own_example():
    assert references.creditor_reference("5390 0754 7034") == "RF18539007547034"
    assert references.is_creditor_reference("RF18 5390 0754 7034")
    assert not references.is_creditor_reference("RF19 5390 0754 7034")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz -", min_size=1, max_size=24))
def test_creditor_references_agree_with_an_independent_reading(text):
    body = text.replace(" ", "").replace("-", "")
    if 1 <= len(body) <= 21:
        found = references.creditor_reference(text)
        assert iso11649.is_valid(found) and references.is_creditor_reference(found)
        assert 2 <= int(found[2:4]) <= 98
    else:
        with pytest.raises(MalformedReference):
            references.creditor_reference(text)


@given(BODIES, st.integers(2, 19), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_our_own_reference_can_be_a_creditor_reference(body, place, symbol):
    found = references.creditor_reference(reference_of(body))
    assert found[4:] == "FLW" + references.compact(reference_of(body))
    wrong = found[:place] + symbol + found[place + 1 :]
    # The independent reading takes letters for check digits, which the standard does not.
    has_digits = place > 3 or symbol.isdigit()
    assert references.is_creditor_reference(wrong) is (has_digits and iso11649.is_valid(wrong))
    if symbol.isdigit() == found[place].isdigit():
        # A letter counts as two digits, so the standard may miss a letter where a digit belongs.
        assert references.is_creditor_reference(wrong) is (wrong == found)


@pytest.mark.parametrize("text", ["", "-", "Ä1", "A" * 22, "12/34"])
def test_what_cannot_be_a_creditor_reference_is_refused(text):
    with pytest.raises(MalformedReference):
        references.creditor_reference(text)
    assert not references.is_creditor_reference(text)

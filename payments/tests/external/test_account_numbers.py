"""Numbers of accounts outside: what is taken, what is refused and why, with python-stdnum and schwifty as referees."""

import random
from datetime import date

import pytest
import stdnum.eu.at_02
import stdnum.iban
import stdnum.us.rtn

from flowlet.core.errors import Invalid
from payments import errors
from payments.policies import account_numbers as numbers
from payments.policies import mandates as mandate_policies

DRAW = random.Random(7)


def is_taken(check, value, refusal):
    try:
        check(value)
    except refusal:
        return False
    return True


def test_routing_numbers_are_taken_as_the_referee_takes_them_from_banks():
    taken = 0
    for _ in range(20_000):
        value = f"{DRAW.randrange(10**9):09d}"
        expected = stdnum.us.rtn.is_valid(value) and int(value[:2]) in {*range(1, 13), *range(21, 33), *range(61, 73)}
        assert is_taken(numbers.routing_number, value, errors.MalformedRoutingNumber) == expected, value
        taken += expected
    assert 500 < taken < 1200  # a tenth by the check digit, of which a third by the prefix


@pytest.mark.parametrize("value", ["021000021", "011401533", "322271627", "121000248"])
def test_routing_numbers_of_real_banks_are_taken(value):
    assert numbers.routing_number(value) == value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("021000022", "check digit"),
        ("012000021", "check digit"),
        ("02100002", "nine digits"),
        ("0210000210", "nine digits"),
        ("02100002١", "nine digits"),
        (" 021000021", "nine digits"),
        ("021000021\n", "nine digits"),
        (21000021, "nine digits"),
        (None, "nine digits"),
        ("000000000", "begins so"),
        ("800000019", "begins so"),
    ],
)
def test_a_routing_number_is_refused_with_the_reason(value, sentence):
    with pytest.raises(errors.MalformedRoutingNumber) as refusal:
        numbers.routing_number(value)
    assert (refusal.value.param, refusal.value.code) == ("routing_number", "payments.malformed_routing_number")
    assert sentence in refusal.value.message


@pytest.mark.parametrize(
    ("value", "kept"),
    [("1234", "1234"), ("0001-2345 6789", "000123456789"), ("a1b2c3d4", "A1B2C3D4"), ("1" * 17, "1" * 17)],
)
def test_an_account_number_is_kept_without_what_only_helps_to_read_it(value, kept):
    assert numbers.account_number(value) == kept


@pytest.mark.parametrize("value", ["123", "1" * 18, "", "12_34", "0000", "1234\n", 1234, None, "12é4"])
def test_an_account_number_of_another_form_is_refused(value):
    with pytest.raises(errors.MalformedAccountNumber) as refusal:
        numbers.account_number(value)
    assert refusal.value.param == "account_number"


IBANS = [
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NL91ABNA0417164300",
    "BE68539007547034",
    "NO9386011117947",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "CH9300762011623852957",
    "MT84MALT011000012345MTLCAST001S",
    "AT611904300234573201",
    "SE4550000000058398257466",
]


@pytest.mark.parametrize("value", IBANS)
def test_ibans_are_taken_in_any_spelling(value):
    assert stdnum.iban.is_valid(value, check_country=False)
    spelled = " ".join(value[start : start + 4] for start in range(0, len(value), 4)).lower()
    assert numbers.iban(spelled).number == value
    assert numbers.iban(spelled).country == value[:2]


def test_every_single_mistyped_digit_of_an_iban_is_refused():
    for value in IBANS:
        for place, character in enumerate(value):
            if not character.isdigit():
                continue
            typed = f"{value[:place]}{(int(character) + 1) % 10}{value[place + 1 :]}"
            assert not stdnum.iban.is_valid(typed, check_country=False)
            assert not is_taken(numbers.iban, typed, errors.MalformedIban), typed


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("DE88370400440532013000", "check"),
        ("DE8937040044053201300", "length"),
        ("ZZ82WEST12345698765432", "country"),
        ("US12345678901234", "country"),
        ("DE893704004405320130OO", "form"),
        ("DE89-3704-0044-0532-0130-00", "form"),
        ("", "form"),
        ("DE" + "1" * 60, "form"),
        (None, "form"),
        (42, "form"),
    ],
)
def test_an_iban_is_refused_with_its_fault(value, fault):
    with pytest.raises(errors.MalformedIban) as refusal:
        numbers.iban(value)
    assert (refusal.value.param, refusal.value.details) == ("iban", {"fault": fault})


def test_the_list_of_banks_names_bic_and_bank_where_it_knows_them():
    known = numbers.iban("DE89370400440532013000")
    assert (known.bic, known.bank_name) == ("COBADEFFXXX", "Commerzbank")
    assert numbers.iban("GB82WEST12345698765432").bic == ""


@pytest.mark.parametrize(("value", "kept"), [("COBADEFF", "COBADEFFXXX"), ("deut de ff 500", "DEUTDEFF500")])
def test_a_bic_has_eleven_characters(value, kept):
    assert numbers.bic(value) == kept


@pytest.mark.parametrize(
    ("bic", "iban"),
    [("COBADEFFXXX", "DE89370400440532013000"), ("AGRIGPGXXXX", "FR76"), ("HBUKGGSPXXX", "GB29"), ("AABAAXX1XXX", "FI21")],
)
def test_a_bank_lies_in_the_country_of_its_accounts_or_in_one_that_uses_its_ibans(bic, iban):
    assert numbers.bic(bic, iban=iban) == bic


@pytest.mark.parametrize(
    ("bic", "iban"), [("COBADEFFXXX", "GB29NWBK60161331926819"), ("HBUKGB4BXXX", "GG29"), ("AGRIGPGXXXX", "DE89")]
)
def test_a_bic_of_another_country_than_the_accounts_is_refused(bic, iban):
    with pytest.raises(errors.MalformedBic) as refusal:
        numbers.bic(bic, iban=iban)
    assert refusal.value.param == "bic"


@pytest.mark.parametrize("value", ["COBADEF", "COBAXXFF", "12345678", "COBADEFF12", "", None, 8])
def test_a_bic_of_another_form_is_refused(value):
    with pytest.raises(errors.MalformedBic):
        numbers.bic(value)


def test_only_countries_of_sepa_are_of_sepa():
    assert numbers.is_sepa("DE89370400440532013000")
    assert numbers.is_sepa("GB82WEST12345698765432")
    assert not numbers.is_sepa("SA0380000000608010167519")


def test_the_number_of_a_card_is_never_taken():
    for value in ["4242424242424242", "4242 4242 4242 4242", "378282246310005", "6011-1111-1111-1117"]:
        with pytest.raises(errors.CardNumberRefused) as refusal:
            numbers.card_token(value)
        assert "4242" not in refusal.value.message
    assert numbers.card_token("pm_1Nv0bqLkdIwHu7ix") == "pm_1Nv0bqLkdIwHu7ix"
    assert numbers.card_token("4242424242424241") == "4242424242424241"  # no card has this check digit
    for value in ["short", "a" * 129, "pm_1 2345678", "pm_12345678\n", None]:
        with pytest.raises(errors.MalformedCardToken):
            numbers.card_token(value)


def test_a_card_is_good_until_the_end_of_its_month():
    assert numbers.card_month("2028-02", today=date(2028, 2, 29)) == date(2028, 2, 29)
    with pytest.raises(errors.CardExpired):
        numbers.card_month("2028-02", today=date(2028, 3, 1))
    for value in ["2028-13", "02/28", "2028-2", "", None]:
        with pytest.raises(errors.MalformedCardToken):
            numbers.card_month(value, today=date(2028, 3, 1))


def test_an_address_is_taken_in_parts_only():
    address = numbers.owner_address(
        {"street": "Unter  den Linden", "building_number": "1", "postal_code": "10117", "town": "Berlin", "country": "DE"}
    )
    assert str(address) == "Unter den Linden 1, 10117 Berlin, Germany"
    for value, param in [
        ({"town": "Berlin"}, "owner_address.country"),
        ({"country": "DE"}, "owner_address.town"),
        ({"town": "Berlin", "country": "DE", "line1": "Unter den Linden 1"}, "owner_address.line1"),
        ({"town": "B" * 36, "country": "DE"}, "owner_address.town"),
        ({"town": "Ber\x07lin", "country": "DE"}, "owner_address.town"),
        ("Unter den Linden 1, 10117 Berlin", "owner_address"),
    ]:
        with pytest.raises(Invalid) as refusal:
            numbers.owner_address(value)
        assert refusal.value.param == param


def test_creditor_identifiers_are_taken_as_the_referee_takes_them():
    for value in [
        "DE98ZZZ09999999999",
        "NL79ZZZ999999990000",
        "FR72ZZZ123456",
        "BE68ZZZ0123456789",
        "AT61ZZZ01234567890",
        "ES59ZZZX1234567L",
    ]:
        expected = stdnum.eu.at_02.is_valid(value)
        assert is_taken(mandate_policies.check_creditor_id, value, errors.MalformedCreditorId) == expected, value
    taken = 0
    for _ in range(5_000):
        value = f"DE{DRAW.randrange(100):02d}ZZZ{DRAW.randrange(10**11):011d}"
        expected = stdnum.eu.at_02.is_valid(value)
        assert is_taken(mandate_policies.check_creditor_id, value, errors.MalformedCreditorId) == expected, value
        taken += expected
    assert taken > 20
    assert mandate_policies.check_creditor_id("DE98 ABC 0999 9999 999") == "DE98ABC09999999999"  # the creditor's own part is free


@pytest.mark.parametrize("value", ["A", "MANDATE-2026/1", "a+b?c:d(e).f,g'h", "X" * 35])
def test_a_mandate_reference_has_the_characters_of_sepa(value):
    assert mandate_policies.check_reference(value) == value


@pytest.mark.parametrize("value", ["", "X" * 36, "A B", "/A", "A/", "A//B", "Ä", "A_B", "A\n"])
def test_a_mandate_reference_of_another_form_is_refused(value):
    with pytest.raises(errors.MalformedMandateReference):
        mandate_policies.check_reference(value)


def test_months_are_counted_to_the_last_day_of_a_shorter_month():
    assert mandate_policies.months_after(date(2024, 2, 29), 36) == date(2027, 2, 28)
    assert mandate_policies.months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert mandate_policies.months_after(date(2026, 12, 1), 1) == date(2027, 1, 1)

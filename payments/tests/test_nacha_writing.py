"""ACH files as they leave: exact bytes, an independent referee, and everything that is refused."""

import contextlib
import io
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core.money import Money
from payments.providers import nacha
from payments.providers.nacha.banking_days import is_banking_day
from payments.tests.nacha_files import BANK, ODFI, WEDNESDAY, batch, entry, every_kind, file, text, trace, usd

KINDS = every_kind()


def refused(wrong):
    with pytest.raises(nacha.FileRefused) as caught:
        nacha.write(file=wrong)
    return {one.code for one in caught.value.problems}


def test_the_bytes_are_those_of_the_rules_column_by_column():
    written = nacha.write(file=file(batch(entry(1, addenda=(text("Rent"),)), entry(2, code="37", amount="1"))))

    assert written.decode() == "".join(
        line + "\n"
        for line in [
            "101 23138010411234567892611180930A094101First Bank             Flowlet                        ",
            "5200Flowlet                             1123456789PPDPAYOUT          261119   1231380100000001",
            "622121042882744-5678-99      0000012550INV-1          Wade Arnold             1231380100000001",
            "705Rent                                                                            00010000001",
            "637121042882744-5678-99      0000000100INV-2          Wade Arnold             0231380100000002",
            "82000000030024208576000000000100000000012550" + "1123456789                         231380100000001",
            "9000001000001000000030024208576000000000100000000012550" + " " * 39,
            *["9" * 94] * 3,
        ]
    )


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_that_we_write_passes_the_independent_checker_and_our_own(name):
    achlens = pytest.importorskip("achlens.core")
    written = nacha.write(file=KINDS[name])

    assert nacha.validate(written) == ()
    with contextlib.redirect_stdout(io.StringIO()):
        report = achlens.validate(written.decode(), min_severity="info")
    told = {(one.rule_id, one.severity) for one in report.findings}
    # The referee warns of every SEC code beside PPD, CCD and WEB; it checks them all the same.
    assert told == ({("BH004", "warning")} if KINDS[name].batches[0].sec in {"CTX", "TEL"} else set())
    assert report.valid


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_is_read_back_equal_and_without_a_problem(name):
    reading = nacha.read(nacha.write(file=KINDS[name]))

    assert reading.problems == ()
    assert reading.file == KINDS[name]


@pytest.mark.parametrize("name", KINDS)
def test_the_same_file_is_the_same_bytes(name):
    assert nacha.write(file=KINDS[name]) == nacha.write(file=every_kind()[name])


def test_lines_are_blocks_of_ten_filled_with_nines_and_a_full_block_gets_none():
    assert nacha.write(file=KINDS["full block"]).count(b"9" * 94) == 0
    assert nacha.write(file=KINDS["full block"]).count(b"\n") == 10
    assert nacha.write(file=KINDS["two batches"]).count(b"9" * 94) == 1


def test_the_hash_keeps_its_last_ten_digits():
    many = file(batch(*(entry(n, routing="999999992") for n in range(1, 151))))

    written = nacha.write(file=many).decode().splitlines()

    assert 99_999_999 * 150 == 14_999_999_850
    assert written[152][10:20] == "4999999850"
    assert written[153][21:31] == "4999999850"


LATIN = st.characters(min_codepoint=33, max_codepoint=126)
WORD = st.text(LATIN, min_size=1, max_size=15)


@given(
    names=st.lists(WORD.filter(lambda word: word.strip("0")), min_size=1, max_size=12),
    accounts=st.lists(st.text(LATIN, min_size=1, max_size=17), min_size=12, max_size=12),
    amounts=st.lists(st.integers(1, 10**10 - 1), min_size=12, max_size=12),
    codes=st.lists(st.sampled_from(["22", "27", "32", "37", "42", "47", "52", "55"]), min_size=12, max_size=12),
    remarks=st.lists(st.none() | st.text(LATIN, min_size=1, max_size=80), min_size=12, max_size=12),
    sec=st.sampled_from(["PPD", "CCD", "CTX"]),
    modifier=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
)
def test_any_file_is_read_back_equal(names, accounts, amounts, codes, remarks, sec, modifier):
    entries = [
        entry(
            n,
            code=code,
            account=account,
            name=name,
            addenda=(text(remark),) if remark else (),
            amount=f"{cents // 100}.{cents % 100:02d}",
        )
        for n, (name, account, cents, code, remark) in enumerate(
            zip(names, accounts, amounts, codes, remarks, strict=False), start=1
        )
    ]
    given_file = file(batch(*entries, sec=sec), modifier=modifier)

    reading = nacha.read(nacha.write(file=given_file))

    assert reading.file == given_file
    assert reading.problems == ()


# --- refused before a line exists: record and field are named ---


@pytest.mark.parametrize(
    ("wrong", "record", "field"),
    [
        (file(batch(entry(1, name="A name of more than 22 letters"))), "batch 1, entry 1", "name"),
        (file(batch(entry(1), entry(2, name="Zoë"))), "batch 1, entry 2", "name"),
        (file(batch(entry(1, name="tab\there"))), "batch 1, entry 1", "name"),
        (file(batch(entry(1, account="1" * 18))), "batch 1, entry 1", "account"),
        (file(batch(entry(1, account=" 12"))), "batch 1, entry 1", "account"),
        (file(batch(entry(1, routing="12104288"))), "batch 1, entry 1", "routing"),
        (file(batch(entry(1, routing="12104288x"))), "batch 1, entry 1", "routing"),
        (file(batch(entry(1, trace="1"))), "batch 1, entry 1", "trace"),
        (file(batch(entry(1, amount="100000000.00"))), "batch 1, entry 1", "amount"),
        (file(batch(entry(1, amount="-1"))), "batch 1, entry 1", "amount"),
        (file(batch(replace(entry(1), amount=Money("5", "EUR")))), "batch 1, entry 1", "amount"),
        (file(batch(replace(entry(1), amount=Money("0.005", "USD")))), "batch 1, entry 1", "amount"),
        (file(batch(entry(1, addenda=(text("x" * 81),)))), "batch 1, entry 1, addenda 1", "text"),
        (file(batch(entry(1), company_name="Flowlet Payments of America")), "batch 1", "company_name"),
        (file(batch(entry(1), description="MORE THAN TEN")), "batch 1", "description"),
        (file(batch(entry(1), odfi="x")), "batch 1", "odfi"),
        (file(batch(entry(1), purpose=nacha.Purpose.WAGES)), "batch 1", "description"),
        (file(batch(entry(1)), origin_name="n" * 24), "file header", "origin_name"),
        (file(batch(entry(1)), created_on=None), "file header", "creation_date"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_record_and_field(wrong, record, field):
    with pytest.raises(nacha.FieldRefused) as caught:
        nacha.write(file=wrong)
    assert (caught.value.record, caught.value.field) == (record, field)
    assert caught.value.details == {"record": record, "field": field}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (file(), "file.no_batches"),
        (file(batch()), "batch.empty"),
        (file(batch(entry(1)), destination="231380105"), "header.destination"),
        (file(batch(entry(1)), origin="12"), "header.origin"),
        (file(batch(entry(1)), modifier="a"), "header.modifier"),
        (file(batch(entry(1), company_name="")), "batch.company_name"),
        (file(batch(entry(1), company_name="0000000000000000")), "batch.company_name"),
        (file(batch(entry(1), company_id="")), "batch.company_id"),
        (file(batch(entry(1), description="")), "batch.description"),
        (file(batch(entry(1), description="0000000000")), "batch.description"),
        (file(batch(entry(1), description="payroll")), "batch.description_case"),
        (file(batch(entry(1), description="PURCHASE")), "batch.description_purchase"),
        (file(batch(entry(1, code="27"), description="PAYROLL")), "batch.description_payroll"),
        (file(batch(entry(1), sec="CCD", description="PAYROLL")), "batch.description_payroll"),
        (file(batch(entry(1, discretionary="S"), sec="WEB", description="PURCHASE")), "batch.description_purchase"),
        (file(batch(entry(1), description="REG.SALARY")), "batch.description_wages"),
        (file(batch(entry(1), description="RETRY PYMT")), "batch.description_debits"),
        (file(batch(entry(1), description="RETURN FEE")), "batch.description_debits"),
        (file(batch(entry(1, amount="1.00"), description="ACCTVERIFY")), "entry.micro_amount"),
        (file(batch(entry(1, code="27", amount="0.99"), description="ACCTVERIFY")), "batch.micro_debits"),
        (file(batch(entry(1), sec="ARC")), "batch.sec_not_written"),
        (file(batch(entry(1), sec="XXX")), "batch.sec"),
        (file(batch(entry(1), service_class="225")), "batch.service_class_side"),
        (file(batch(entry(1), service_class="280")), "batch.service_class"),
        (file(batch(entry(1), settlement_date="323")), "batch.settlement_date"),
        (file(batch(entry(1), originator_status="2")), "batch.originator_status"),
        (file(batch(entry(1), effective_on=None)), "batch.effective_date"),
        (file(batch(entry(1), effective_on=date(2026, 11, 26))), "batch.effective_not_banking_day"),
        (file(batch(entry(1), effective_on=date(2026, 11, 21))), "batch.effective_not_banking_day"),
        (file(batch(entry(1), effective_on=date(2026, 11, 17))), "batch.effective_past"),
        (file(batch(entry(1), descriptive_date="SD1300")), "batch.same_day_date"),
        (file(batch(entry(1), descriptive_date="SDnoon", effective_on=WEDNESDAY)), "batch.same_day_time"),
        (file(batch(entry(1, amount="1000000.01"), effective_on=WEDNESDAY)), "entry.same_day_limit"),
        (file(batch(entry(1), number=2), batch(entry(2), number=1)), "batch.number_order"),
        (file(batch(entry(1, routing="121042883"))), "entry.check_digit"),
        (file(batch(entry(1, account=""))), "entry.account"),
        (file(batch(entry(1, code="25"))), "entry.code"),
        (file(batch(entry(1, code="21"))), "entry.return_without_addenda"),
        (file(batch(entry(1, code="24", amount="0"))), "entry.use"),
        (file(batch(entry(1, amount="0"))), "entry.amount_zero"),
        (file(batch(entry(1, code="23"))), "entry.amount_not_zero"),
        (file(batch(entry(1, name=""))), "entry.name"),
        (file(batch(entry(1, code="27", name=""), sec="TEL")), "entry.name"),
        (file(batch(entry(1, code="27", name="0" * 22), sec="TEL")), "entry.name"),
        (file(batch(entry(1, discretionary="S"), sec="TEL")), "entry.side"),
        (file(batch(entry(1, code="27"), sec="WEB")), "entry.payment_type"),
        (file(batch(entry(1, code="27", discretionary="X"), sec="TEL")), "entry.payment_type"),
        (file(batch(entry(1, trace="121042880000001"))), "entry.trace_odfi"),
        (file(batch(entry(2), entry(1))), "entry.trace_order"),
        (file(batch(entry(1), entry(1))), "entry.trace_repeats"),
        (file(batch(entry(1)), batch(entry(1))), "entry.trace_repeats"),
        (file(batch(entry(1, addenda=(text("a"), text("b"))))), "addenda.count"),
        (file(batch(entry(1, code="27", addenda=(text("a"),)), sec="TEL")), "addenda.type"),
        (
            file(
                batch(
                    entry(1, addenda=(nacha.Return(reason="R01", original_trace=trace(9), original_rdfi=ODFI, trace=trace(1)),))
                )
            ),
            "addenda.type",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(wrong, code):
    assert code in refused(wrong)


def test_a_refusal_names_the_line_the_field_and_all_problems_but_no_account():
    with pytest.raises(nacha.FileRefused) as caught:
        nacha.write(file=file(batch(entry(1), entry(2, routing="121042883", account="SECRET-77", amount="0"))))
    assert [(one.line, one.field, one.code) for one in caught.value.problems] == [
        (4, "check_digit", "entry.check_digit"),
        (4, "amount", "entry.amount_zero"),
    ]
    assert caught.value.code == "nacha.file_refused"
    assert "SECRET" not in str(caught.value) + str(caught.value.details)


def test_descriptions_of_2026_are_not_asked_of_a_file_before_20_march():
    old = file(batch(entry(1), description="REG.SALARY", effective_on=date(2026, 3, 20)), created_on=date(2026, 3, 19))
    new = file(batch(entry(1), description="REG.SALARY", effective_on=date(2026, 3, 23)), created_on=date(2026, 3, 20))

    assert nacha.validate(nacha.write(file=old)) == ()
    assert refused(new) == {"batch.description_wages"}


def test_a_file_of_ten_thousand_lines_is_written_and_one_of_more_says_how_to_divide_it():
    def big(*sizes):
        numbers = iter(range(1, 20_000))
        return file(*(batch(*(entry(next(numbers)) for _ in range(size))) for size in sizes))

    assert nacha.write(file=big(5_000, 4_994)).count(b"\n") == 10_000
    with pytest.raises(nacha.TooManyLines) as caught:
        nacha.write(file=big(5_000, 4_995))
    assert caught.value.details == {"lines": 10_001, "limit": 10_000, "batches_that_fit": 1}
    assert "The first 1 of 2 batches fit into one file" in caught.value.message
    with pytest.raises(nacha.TooManyLines, match="Divide the first batch: 9,996 lines"):
        nacha.write(file=big(9_997))


def test_ctx_takes_9_999_addenda_in_a_smaller_file_and_no_more_than_the_file_holds():
    most = 9_996 - 1
    written = nacha.write(
        file=file(batch(entry(1, name="Big Corp", addenda=tuple(text(f"{n}") for n in range(most))), sec="CTX"))
    )

    assert written.decode().splitlines()[2][54:58] == "9995"
    assert nacha.read(written).file.batches[0].entries[0].addenda[-1] == text("9994")


def test_an_offset_balances_each_direction_and_the_batch_becomes_mixed():
    balanced = KINDS["PPD offsets"].batches[0]

    assert balanced.service_class == "200"
    assert [(one.code, one.amount, one.trace) for one in balanced.entries[2:]] == [
        ("22", usd("125.50"), trace(3)),
        ("27", usd("125.50"), trace(4)),
    ]
    assert balanced.total(nacha.Side.DEBIT) == balanced.total(nacha.Side.CREDIT) == usd("251.00")


def test_an_offset_asks_for_its_trace_numbers_and_does_not_enter_tel():
    offset = nacha.Offset(routing=BANK, account="1", name="Flowlet")
    with pytest.raises(nacha.FieldRefused, match="1 trace numbers"):
        nacha.with_offset(batch=batch(entry(1)), offset=offset, traces=[])
    with pytest.raises(nacha.FieldRefused, match="TEL has no credits"):
        nacha.with_offset(batch=batch(entry(1, code="27"), sec="TEL"), offset=offset, traces=[trace(2)])


@pytest.mark.parametrize(
    ("name", "fitted"),
    [
        ("Zoë Müßiggang", "Zoe Mussiggang"),
        ("  José   Núñez  ", "Jose Nunez"),
        ("A very long name of a company", "A very long name of a"),
        ("Łódź 東京", "odz"),
        ("東京", ""),
    ],
)
def test_a_name_is_cut_only_when_asked(name, fitted):
    assert nacha.fit(name) == fitted
    assert len(nacha.fit(name, 4)) <= 4


def test_the_time_of_creation_may_be_left_out():
    assert nacha.read(nacha.write(file=file(batch(entry(1)), created_time=None))).file.created_time is None
    assert nacha.read(nacha.write(file=file(batch(entry(1)), created_time=time(0, 0)))).file.created_time == time(0, 0)


@pytest.mark.parametrize("good", ["021000021", "011401533", "091000019", "121042882", "231380104"])
def test_the_check_digit_of_a_routing_number_is_that_of_the_aba(good):
    assert nacha.is_routing_number(good)
    assert nacha.check_digit(good[:8]) == good[8]
    for wrong in range(10):
        assert nacha.is_routing_number(f"{good[:8]}{wrong}") == (str(wrong) == good[8])


def test_banking_days_are_those_of_the_federal_reserve():
    # Independence Day 2026 is a Saturday: the Friday before is a banking day. In 2027 it is a Sunday, kept on the Monday.
    assert is_banking_day(date(2026, 7, 3))
    assert not is_banking_day(date(2026, 11, 26))
    assert not is_banking_day(date(2027, 7, 5))


def test_a_trace_number_is_the_odfi_and_seven_digits_and_ends_with_them():
    assert nacha.trace_number(odfi=ODFI, number=42) == "231380100000042"
    assert nacha.trace_number(odfi=ODFI, number=9_999_999) == "231380109999999"
    for number in (0, -1, 10_000_000):
        with pytest.raises(nacha.FieldRefused):
            nacha.trace_number(odfi=ODFI, number=number)


def test_thirty_six_files_a_day_have_modifiers_of_their_own():
    assert len(set(nacha.MODIFIERS)) == 36
    written = {nacha.write(file=file(batch(entry(1)), modifier=one)) for one in nacha.MODIFIERS}
    assert len(written) == 36

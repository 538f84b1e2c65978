"""ACH files as they come: what is tolerated, what is refused by line and field, and the files of the reference data."""

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.providers import nacha
from payments.tests.nacha_files import batch, entry, file, text, trace, usd

GOOD = file(
    batch(entry(1), entry(2, code="27", amount="20.00", addenda=(text("Rent"),))),
    batch(entry(3, code="27", amount="3.00", discretionary="S"), sec="TEL"),
)
LINES = nacha.write(file=GOOD).decode().splitlines()
ANSWERS = file(
    batch(
        entry(
            1, code="26", addenda=(nacha.Return(reason="R01", original_trace=trace(9), original_rdfi="12104288", trace=trace(1)),)
        )
    ),
    batch(
        entry(
            2,
            code="21",
            amount="0",
            addenda=(
                nacha.Change(code="C01", original_trace=trace(9), original_rdfi="12104288", corrected_data="1", trace=trace(2)),
            ),
        ),
        sec="COR",
    ),
    batch(
        nacha.Entry(
            code="26",
            routing="121042882",
            account="1",
            amount=usd("1.00"),
            trace=trace(3),
            addenda=(
                nacha.Return(reason="R80", original_trace=trace(9), original_rdfi="12104288", trace=trace(3), forward_cents=100),
            ),
        ),
        sec="IAT",
        company_name="",
    ),
)


def joined(lines):
    return ("\n".join(lines) + "\n").encode("latin-1")


def put(line, start, value, lines=LINES):
    """The file with ``value`` from column ``start`` of ``line``, both counted from 1."""
    changed = list(lines)
    old = changed[line - 1]
    changed[line - 1] = old[: start - 1] + value + old[start - 1 + len(value) :]
    assert changed[line - 1] != old
    return joined(changed)


def swapped(one, other):
    lines = list(LINES)
    lines[one - 1], lines[other - 1] = lines[other - 1], lines[one - 1]
    return joined(lines)


# Lines: 1 header, 2 batch, 3 entry, 4 entry, 5 addenda, 6 control, 7 batch, 8 entry, 9 control, 10 file control.
MUTATIONS = {
    "priority code": (put(1, 2, "02"), 1, "header.priority_code"),
    "destination check digit": (put(1, 13, "5"), 1, "header.destination"),
    "origin letters": (put(1, 14, "###"), 1, "header.origin"),
    "creation date": (put(1, 24, "261332"), 1, "header.creation_date"),
    "creation time": (put(1, 30, "2561"), 1, "header.creation_time"),
    "modifier": (put(1, 34, "*"), 1, "header.modifier"),
    "record size": (put(1, 35, "095"), 1, "header.record_size"),
    "blocking factor": (put(1, 38, "20"), 1, "header.blocking_factor"),
    "format code": (put(1, 40, "2"), 1, "header.format_code"),
    "service class": (put(2, 2, "300"), 2, "batch.service_class"),
    "service class and sides": (put(2, 2, "220"), 2, "batch.service_class_side"),
    "company name blank": (put(2, 5, " " * 16), 2, "batch.company_name"),
    "company name zeros": (put(2, 5, "0" * 16), 2, "batch.company_name"),
    "company id blank": (put(2, 41, " " * 10), 2, "batch.company_id"),
    "SEC code": (put(2, 51, "PPX"), 2, "batch.sec"),
    "description blank": (put(2, 54, " " * 10), 2, "batch.description"),
    "description zeros": (put(2, 54, "0" * 10), 2, "batch.description"),
    "effective date": (put(2, 70, "261131"), 2, "batch.effective_date"),
    "effective on a holiday": (put(2, 70, "261126"), 2, "batch.effective_not_banking_day"),
    "effective on a weekend": (put(2, 70, "261121"), 2, "batch.effective_not_banking_day"),
    "settlement date": (put(2, 76, "400"), 2, "batch.settlement_date"),
    "originator status": (put(2, 79, "7"), 2, "batch.originator_status"),
    "ODFI": (put(2, 80, "12104288"), 3, "entry.trace_odfi"),
    "batch number order": (put(7, 88, "0000001"), 7, "batch.number_order"),
    "transaction code": (put(3, 2, "25"), 3, "entry.code"),
    "routing number letters": (put(3, 4, "12X"), 3, "field.not_numeric"),
    "check digit": (put(3, 12, "3"), 3, "entry.check_digit"),
    "account blank": (put(3, 13, " " * 17), 3, "entry.account"),
    "account begins with a blank": (put(3, 13, " "), 3, "entry.account_leading_blank"),
    "amount letters": (put(3, 30, "00000A"), 3, "field.not_numeric"),
    "amount zero": (put(3, 30, "0" * 10), 3, "entry.amount_zero"),
    "amount of a prenote": (put(3, 2, "23"), 3, "entry.amount_not_zero"),
    "name blank": (put(3, 55, " " * 22), 3, "entry.name"),
    "TEL name blank": (put(8, 55, " " * 22), 8, "entry.name"),
    "TEL name zeros": (put(8, 55, "0" * 22), 8, "entry.name"),
    "TEL credit": (put(8, 2, "22"), 8, "entry.side"),
    "payment type": (put(8, 77, "X"), 8, "entry.payment_type"),
    "indicator without addenda": (put(3, 79, "1"), 3, "entry.addenda_indicator"),
    "addenda without indicator": (put(4, 79, "0"), 4, "entry.addenda_indicator"),
    "trace letters": (put(3, 80, "ABC"), 3, "field.not_numeric"),
    "trace order": (swapped(3, 4), 5, "addenda.entry_sequence"),
    "trace repeated": (put(8, 94, "1"), 8, "entry.trace_repeats"),
    "addenda type": (put(5, 2, "02"), 5, "addenda.type"),
    "addenda sequence": (put(5, 87, "2"), 5, "addenda.sequence"),
    "addenda entry sequence": (put(5, 94, "9"), 5, "addenda.entry_sequence"),
    "control service class": (put(6, 2, "220"), 6, "batch_control.service_class"),
    "control count": (put(6, 10, "9"), 6, "batch_control.entry_count"),
    "control hash": (put(6, 20, "0"), 6, "batch_control.entry_hash"),
    "control debits": (put(6, 32, "1"), 6, "batch_control.debits"),
    "control credits": (put(6, 44, "1"), 6, "batch_control.credits"),
    "control company id": (put(6, 45, "X"), 6, "batch_control.company_id"),
    "control authentication": (put(6, 55, "X"), 6, "batch_control.authentication"),
    "control reserved": (put(6, 74, "X"), 6, "field.not_blank"),
    "control ODFI": (put(6, 80, "1"), 6, "batch_control.odfi"),
    "control batch number": (put(6, 94, "7"), 6, "batch_control.batch_number"),
    "file batch count": (put(10, 7, "9"), 10, "file_control.batch_count"),
    "file block count": (put(10, 13, "9"), 10, "file_control.block_count"),
    "file entry count": (put(10, 21, "9"), 10, "file_control.entry_count"),
    "file hash": (put(10, 31, "9"), 10, "file_control.entry_hash"),
    "file debits": (put(10, 43, "9"), 10, "file_control.debits"),
    "file credits": (put(10, 55, "9"), 10, "file_control.credits"),
    "file reserved": (put(10, 60, "X"), 10, "field.not_blank"),
    "record type": (put(3, 1, "4"), 3, "line.unknown_record"),
    "character": (put(3, 60, "é"), 3, "line.characters"),
    "control character": (put(3, 60, "\t"), 3, "line.characters"),
    "superscript in the settlement date": (put(2, 76, "12²"), 2, "field.not_numeric"),
    "header twice": (joined([LINES[0], *LINES]), 2, "file.order"),
    "no header": (joined(LINES[1:]), 0, "file.no_header"),
    "no file control": (joined(LINES[:9]), 0, "file.no_control"),
    "no batch control": (joined(LINES[:5] + LINES[6:]), 2, "batch.no_control"),
    "batch without entries": (joined([LINES[0], LINES[1], *LINES[5:]]), 2, "batch.empty"),
    "addenda before its entry": (swapped(3, 5), 3, "file.order"),
    "controls swapped": (swapped(9, 10), 9, "file.order"),
    "too much fill": (joined([*LINES, "9" * 94]), 0, "file.fill"),
    "fill with a wrong letter": (joined([*LINES, "9" * 93 + "8"]), 11, "file.order"),
    "record after the end": (joined([*LINES, LINES[2]]), 11, "file.order"),
    "long line": (joined([LINES[0], LINES[1] + "X", *LINES[2:]]), 2, "line.long"),
    "nothing": (b"", 0, "file.empty"),
}


def test_the_file_to_be_bent_is_good():
    assert len(LINES) == 10
    assert nacha.validate(joined(LINES)) == nacha.read(joined(LINES)).problems == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_is_flagged_at_its_line(name):
    data, line, code = MUTATIONS[name]

    assert (line, code) in {(one.line, one.code) for one in nacha.validate(data)}


TOLERATED = {
    "effective on a holiday",
    "effective on a weekend",
    "account begins with a blank",
    "payment type",
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_received_bent_is_not_booked(name):
    reading = nacha.read(MUTATIONS[name][0])

    assert bool(reading.errors) == (name not in TOLERATED)
    if reading.errors:
        with pytest.raises(nacha.FileRefused) as caught:
            reading.checked()
        assert caught.value.problems == reading.errors
    else:
        assert reading.warnings
        assert reading.checked() is reading.file


def test_every_wrong_digit_of_a_control_record_is_found():
    for line, last in ((6, 44), (9, 44), (10, 55)):
        for column in range(2, last + 1):
            digit = "0" if LINES[line - 1][column - 1] != "0" else "1"
            found = {one.line for one in nacha.read(put(line, column, digit)).errors}
            assert line in found, (line, column)


def test_all_problems_are_told_in_the_order_of_the_lines():
    bent = put(3, 12, "3").decode("latin-1").splitlines()
    bent = put(6, 20, "0", put(8, 55, " " * 22, bent).decode("latin-1").splitlines())

    assert [(one.line, one.field, one.code) for one in nacha.read(bent).problems] == [
        (3, "check_digit", "entry.check_digit"),
        (6, "entry_hash", "batch_control.entry_hash"),
        (8, "name", "entry.name"),
    ]


def test_a_problem_reads_as_a_sentence():
    (problem,) = nacha.read(put(6, 32, "1")).problems
    assert str(problem) == "line 6, debits: the field says 2001, the file has 2000 [batch_control.debits]"


# --- what others send ---


def test_lines_that_lost_their_trailing_blanks_are_filled_up():
    reading = nacha.read(joined([line.rstrip() for line in LINES]))

    assert reading.file == GOOD
    assert reading.errors == ()
    assert {one.code for one in reading.warnings} == {"line.short"}
    assert [one.line for one in reading.warnings] == [n for n, line in enumerate(LINES, start=1) if line[-1] == " "]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_any_line_end_is_accepted(ending):
    assert nacha.read(ending.join([*LINES, ""]).encode()) == nacha.read(joined(LINES))
    assert nacha.read(ending.join(LINES).encode()) == nacha.read(joined(LINES))


def test_records_without_line_ends_mixed_ends_blank_lines_and_marks_are_accepted_with_a_warning():
    for data, code in [
        ("".join(LINES).encode(), "file.no_line_ends"),
        (joined([LINES[0] + "\r", *LINES[1:]]), "file.mixed_line_ends"),
        (joined([LINES[0], "", *LINES[1:]]), "line.blank"),
        (b"\xef\xbb\xbf" + joined(LINES), "file.marks"),
        (joined(LINES) + b"\x1a", "file.marks"),
        (joined([LINES[0] + "   ", *LINES[1:]]), "line.long"),
    ]:
        reading = nacha.read(data)
        assert reading.file == GOOD
        assert [(one.code, one.severity) for one in reading.problems] == [(code, nacha.Severity.WARNING)]


def test_missing_fill_is_tolerated_of_others_and_not_of_us():
    short = nacha.write(file=file(batch(entry(1)))).replace(b"9" * 94 + b"\n", b"")

    assert [one.code for one in nacha.read(short).warnings] == ["file.fill"]
    assert nacha.read(short).errors == ()
    assert [one.code for one in nacha.validate(short)] == ["file.fill"]


def test_a_file_without_batches_is_a_banks_way_to_say_nothing_happened():
    reading = nacha.read(nacha.compose(file=file()))

    assert reading.checked().batches == ()
    assert [one.code for one in reading.warnings] == ["file.no_batches"]


@pytest.mark.parametrize(
    "data",
    [b"\x00" * 500, b"\xff" * 94, b"\n\n\n", b"1", b"9" * 940, b"5\n6\n7\n8\n9\n", os.urandom(4000)],
    ids=["zeros", "ones", "empty lines", "a digit", "nines", "types of lines", "random"],
)
def test_rubbish_is_refused_and_never_raises(data):
    reading = nacha.read(data)
    assert reading.errors
    with pytest.raises(nacha.FileRefused):
        reading.checked()


# --- the reference data: files of every SEC code by moov-io/ach ---

REFERENCE = Path(os.environ.get("FLOWLET_REFERENCE_DATA") or "/nowhere") / "nacha"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="FLOWLET_REFERENCE_DATA has no ACH files here")
NAMES = sorted(f"{one.parent.name}/{one.name}" for one in REFERENCE.glob("*/*.ach"))
REFUSED = {
    "inbound/20110729A-invalid.ach": {
        "header.creation_date",
        "header.record_size",
        "batch.sec",
        "batch_control.company_id",
        "entry.trace_repeats",
        "file_control.batch_count",
    },
    "inbound/nonascii.ach": {"line.characters", "field.not_blank", "file_control.entry_count"},
    "inbound/ppd-debit-invalid-entryDetail-checkDigit.ach": {"entry.check_digit"},
}
WARNED = {
    "examples/cie-credit.ach": {"line.short"},
    "examples/contested-return.ach": {"entry.return_code"},
    "examples/dishonored-return.ach": {"entry.return_code"},
    "inbound/iat-addenda99.ach": {"entry.return_code"},
    "inbound/long-line.ach": {"line.long"},
    "inbound/ppd-debit.ach": {"line.short"},
    "inbound/return-WEB.ach": {"batch.effective_not_banking_day", "batch_control.company_id"},
    "read/dne-read.ach": {"batch.effective_not_banking_day"},
}


def reference(name):
    return (REFERENCE / name).read_bytes()


@needs_reference
@pytest.mark.parametrize("name", NAMES)
def test_a_reference_file_is_parsed_or_refused_as_its_name_says(name):
    reading = nacha.read(reference(name))

    assert REFUSED.get(name, set()) <= {one.code for one in reading.errors}
    assert bool(reading.errors) == (name in REFUSED)
    if name not in REFUSED:
        assert {one.code for one in reading.warnings} == WARNED.get(name, set())


@needs_reference
def test_there_is_a_reference_file_of_every_sec_code():
    files = [nacha.read(reference(name)).file for name in NAMES if name not in REFUSED]
    assert {one.sec for found in files for one in found.batches} == set(nacha.SEC_CODES)


# The controls of these say something else than their headers, tolerated and not repeated: an aligned identification, a whole name.
OWN_CONTROLS = {"inbound/return-WEB.ach", "examples/adv-read.ach", "read/adv-read.ach"}


@needs_reference
@pytest.mark.parametrize("name", [one for one in NAMES if one not in REFUSED])
def test_a_reference_file_is_composed_again_byte_for_byte(name):
    lines = [line.ljust(94)[:94] for line in reference(name).decode("ascii").splitlines()]
    again = nacha.compose(file=nacha.read(reference(name)).checked()).decode("ascii").splitlines()

    different = [(old, new) for old, new in zip(lines, again, strict=True) if old != new]
    assert bool(different) == (name in OWN_CONTROLS)
    assert all(old[0] == new[0] == "8" for old, new in different)


def entries(name):
    return [one for _, one in nacha.read(reference(name)).checked().entries()]


@needs_reference
def test_the_reference_dishonored_returns_have_exact_trace_numbers():
    first, second = entries("examples/dishonored-return.ach")
    wanted = nacha.DishonoredReturn(
        reason="R68",
        original_trace="059999990000301",
        original_rdfi="12391871",
        return_trace="123918710000001",
        return_settlement_date="179",
        return_reason="01",
        information="Untimely Return",
        trace="231380100000001",
    )
    assert (first.returned, first.amount) == (wanted, usd("250.00"))
    assert second.returned.trace == "231380100000002"


@needs_reference
def test_the_reference_contested_return_keeps_all_three_stories_apart():
    (found,) = entries("examples/contested-return.ach")
    returned, dishonored, contested = found.addenda
    assert (returned.reason, returned.original_trace, returned.information) == ("R07", "099912340000015", "Authorization Revoked")
    assert (dishonored.reason, dishonored.return_trace) == ("R68", "123918710000001")
    assert found.returned is contested
    assert contested == nacha.ContestedReturn(
        reason="R71",
        original_trace="059999990000301",
        original_entry_returned_on="000167",
        original_rdfi="12391871",
        original_settlement_date="164",
        return_trace="779999990000301",
        return_settlement_date="165",
        return_reason="01",
        dishonored_trace="889999990000301",
        dishonored_settlement_date="166",
        dishonored_reason="67",
        trace="123918710000001",
    )


@needs_reference
def test_the_reference_returns_and_changes_say_what_came_back():
    first, second = entries("inbound/return-WEB.ach")
    assert [(one.code, one.amount, one.returned.reason, one.returned.original_trace) for one in (first, second)] == [
        ("26", usd("123.54"), "R01", "091400600000001"),
        ("21", usd("45.65"), "R03", "091400600000003"),
    ]
    (changed,) = entries("inbound/cor-example.ach")
    assert nacha.correction(changed.change) == nacha.Correction(code="C01", account="1918171614")
    (international,) = entries("inbound/iat-addenda99.ach")
    assert (international.returned.forward_cents, international.returned.information) == (100_000, "Authorization Revoked")
    assert international.returned.original_trace == "231380100000001"


@needs_reference
def test_the_reference_sums_are_exact():
    def debits(name):
        return nacha.read(reference(name)).checked().batches[0].total(nacha.Side.DEBIT)

    assert debits("examples/ccd-debit.ach") == usd("5001.25")
    assert debits("examples/ppd-mixedDebitCredit.ach") == usd("2000000.00")
    micro = nacha.read(reference("inbound/two-micro-deposits.ach")).checked()
    assert [one.total(nacha.Side.CREDIT).amount for one in micro.batches] == [Decimal("0.76"), Decimal("0.44")]
    assert micro.batches[0].effective_on == date(2020, 3, 25)
    assert trace(1).isdigit()
    assert all(re.fullmatch(r"[0-9]{15}", one.trace) for _, one in micro.entries())


@given(
    line=st.integers(0, 9), column=st.integers(0, 93), letters=st.text(st.characters(max_codepoint=255), min_size=1, max_size=6)
)
def test_no_letters_anywhere_make_reading_raise(line, column, letters):
    for lines in (LINES, nacha.compose(file=ANSWERS).decode().splitlines()):
        bent = list(lines)
        bent[line] = bent[line][:column] + letters + bent[line][column + len(letters) :]

        reading = nacha.read(joined(bent))

        assert isinstance(reading.problems, tuple)
        nacha.validate(joined(bent))

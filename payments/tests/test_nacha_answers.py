"""Returns, notifications of change and the tables behind them; a sandbox bank's answers are read as a bank's."""

import re
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.policies import calendars
from payments.providers import nacha
from payments.providers.nacha import banking_days
from payments.providers.nacha.returns import RATE_LEVELS, Clock, Kind
from payments.tests.nacha_files import BANK, ODFI, OTHER_BANK, THURSDAY, batch, entry, file, text, trace, usd

RDFI = OTHER_BANK[:8]
SENT = file(
    batch(entry(1), entry(2, code="37", amount="7.00", addenda=(text("Rent"),)), entry(3, routing="021000021")),
    batch(*(entry(n, code=code, amount="0") for n, code in enumerate(("23", "28", "33", "38"), start=4)), description="PRENOTE"),
    batch(entry(8, name="Big Corp", addenda=tuple(text(f"{n}") for n in range(3))), sec="CTX"),
)


def returned(*answers, original=SENT):
    data = nacha.sandbox_write_returns(original=original, answers=answers, created_on=THURSDAY, created_time=time(6, 0))
    reading = nacha.read(data)
    assert reading.errors == ()
    return reading.file


def changed(*corrections, original=SENT):
    answers = [nacha.SandboxChange(trace=trace(n), correction=one) for n, one in enumerate(corrections, start=1)]
    return nacha.sandbox_write_changes(original=original, answers=answers, created_on=THURSDAY)


def test_a_return_carries_the_original_trace_the_return_code_and_a_trace_of_its_own():
    found = returned(
        nacha.SandboxReturn(trace=trace(1), reason="R03"),
        nacha.SandboxReturn(trace=trace(2), reason="R15", information="DECEASED", date_of_death=date(2026, 11, 1)),
    )

    assert (found.origin, found.destination) == (BANK, SENT.origin)
    first, second = found.batches[0].entries
    assert found.batches[0].odfi == RDFI
    assert (first.code, first.routing, first.amount, first.trace) == ("21", BANK, usd("125.50"), f"{RDFI}0000001")
    assert first.returned == nacha.Return(reason="R03", original_trace=trace(1), original_rdfi=RDFI, trace=f"{RDFI}0000001")
    assert (second.code, second.amount) == ("36", usd("7.00"))
    assert second.returned.date_of_death == "261101"
    assert second.returned.information == "DECEASED"


def test_the_return_of_a_prenote_has_the_return_code_and_amount_zero():
    found = returned(*(nacha.SandboxReturn(trace=trace(n), reason="R04") for n in (4, 5, 6, 7)))

    assert [(one.code, one.amount) for one in found.batches[0].entries] == [(code, usd("0")) for code in ("21", "26", "31", "36")]


def test_returns_of_several_institutions_and_codes_make_batches_of_their_own():
    found = returned(*(nacha.SandboxReturn(trace=trace(n), reason="R02") for n in (1, 3, 8)))

    assert [(one.number, one.sec, one.odfi) for one in found.batches] == [
        (1, "PPD", RDFI),
        (2, "PPD", "02100002"),
        (3, "CTX", RDFI),
    ]
    assert [one.trace for _, one in found.entries()] == [f"{RDFI}0000001", "021000020000002", f"{RDFI}0000003"]


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ([nacha.SandboxReturn(trace=trace(99), reason="R01")], "trace"),
        ([nacha.SandboxReturn(trace=trace(1), reason="R01")] * 2, "trace"),
        ([nacha.SandboxReturn(trace=trace(1), reason="R99")], "reason"),
        ([nacha.SandboxReturn(trace=trace(1), reason="R61")], "reason"),
        ([nacha.SandboxReturn(trace=trace(1), reason="R73")], "reason"),
    ],
)
def test_the_sandbox_refuses_an_answer_that_no_bank_gives(answers, field):
    with pytest.raises(nacha.FieldRefused) as caught:
        nacha.sandbox_write_returns(original=SENT, answers=answers, created_on=THURSDAY)
    assert caught.value.field == field


def test_the_sandbox_refuses_a_change_that_no_bank_sends():
    with pytest.raises(nacha.FieldRefused, match="not a change code"):
        changed(nacha.Correction(code="C61"))


CORRECTIONS = [
    nacha.Correction(code="C01", account="12345678901234567"),
    nacha.Correction(code="C02", routing="021000021"),
    nacha.Correction(code="C03", routing="021000021", account="12345678901234567"),
    nacha.Correction(code="C04", name="Wade H Arnold"),
    nacha.Correction(code="C05", transaction_code="32"),
    nacha.Correction(code="C06", account="12345678901234567", transaction_code="37"),
    nacha.Correction(code="C07", routing="021000021", account="12345678901234567", transaction_code="32"),
    nacha.Correction(code="C07", routing="021000021", account="1-2 3", transaction_code="32"),
    nacha.Correction(code="C09", identification="4711-0815"),
    nacha.Correction(code="C13", needs_person=True),
]


@pytest.mark.parametrize("wanted", CORRECTIONS)
def test_a_notification_of_change_is_decoded_field_by_field(wanted):
    reading = nacha.read(changed(wanted))

    assert reading.problems == ()
    (found,) = reading.file.batches
    assert (found.sec, found.entries[0].code, found.entries[0].amount) == ("COR", "21", usd("0"))
    change = found.entries[0].change
    assert (change.code, change.original_trace, change.original_rdfi) == (wanted.code, trace(1), RDFI)
    assert nacha.correction(change) == wanted


ACCOUNT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=17)


@given(
    code=st.sampled_from(["C01", "C03", "C06", "C07"]),
    account=ACCOUNT,
    transaction=st.sampled_from(sorted(nacha.TRANSACTION_CODES)),
)
def test_any_account_number_survives_its_correction(code, account, transaction):
    wanted = nacha.Correction(
        code=code,
        account=account,
        routing="021000021" if code in {"C03", "C07"} else "",
        transaction_code=transaction if code in {"C06", "C07"} else "",
    )

    assert nacha.correction(_change(code, nacha.corrected_data(wanted))) == wanted


def _change(code, data):
    return nacha.Change(code=code, original_trace=trace(1), original_rdfi=RDFI, corrected_data=data, trace=trace(1))


@pytest.mark.parametrize(
    ("code", "data", "wanted"),
    [
        ("C03", "021000021           744-5678-99", nacha.Correction(code="C03", routing="021000021", account="744-5678-99")),
        ("C06", "744-5678-99                32", nacha.Correction(code="C06", account="744-5678-99", transaction_code="32")),
        (
            "C07",
            "021000021744-5678-99       32",
            nacha.Correction(code="C07", routing="021000021", account="744-5678-99", transaction_code="32"),
        ),
    ],
)
def test_parts_moved_to_the_right_are_found(code, data, wanted):
    assert nacha.correction(_change(code, data)) == wanted


@pytest.mark.parametrize(
    ("code", "data", "field"),
    [
        ("C01", "", "account"),
        ("C02", "021000022", "routing"),
        ("C02", "0210", "routing"),
        ("C03", "021000021", "account"),
        ("C03", "021000021   123456789012345678", "account"),
        ("C05", "25", "transaction_code"),
        ("C06", "744-5678-99", "transaction_code"),
        ("C07", "121042882", "account"),
        ("C04", " ", "corrected_data"),
        ("C10", "Flowlet", "change_code"),
    ],
)
def test_corrected_data_that_cannot_be_right_are_refused(code, data, field):
    with pytest.raises(nacha.CorrectionUnreadable) as caught:
        nacha.correction(_change(code, data))
    assert caught.value.param == field


def test_dishonored_contested_and_refused_answers_are_written_and_read_with_exact_trace_numbers():
    dishonored = nacha.DishonoredReturn(
        reason="R68",
        original_trace="059999990000301",
        original_rdfi="12391871",
        return_trace="000918710000001",
        return_settlement_date="079",
        return_reason="01",
        information="Untimely Return",
        trace=trace(1),
    )
    contested = nacha.ContestedReturn(
        reason="R73",
        original_trace="059999990000301",
        original_entry_returned_on="261116",
        original_rdfi="12391871",
        original_settlement_date="320",
        return_trace="000918710000001",
        return_settlement_date="321",
        return_reason="01",
        dishonored_trace="088888990000003",
        dishonored_settlement_date="322",
        dishonored_reason="68",
        trace=trace(2),
    )
    refused = nacha.RefusedChange(
        code="C65",
        original_trace="059999990000301",
        original_rdfi="12391871",
        corrected_data="0210000",
        change_code="C02",
        change_sequence="0000007",
        trace=trace(3),
    )
    sent = file(
        batch(entry(1, code="26", addenda=(dishonored,)), entry(2, code="26", addenda=(contested,))),
        batch(entry(3, code="21", amount="0", addenda=(refused,)), sec="COR"),
    )

    reading = nacha.read(nacha.compose(file=sent))

    assert reading.problems == ()
    assert reading.file == sent
    assert [one.returned or one.change for _, one in reading.file.entries()] == [dishonored, contested, refused]


def test_a_return_with_a_code_nobody_knows_is_still_booked():
    data = nacha.compose(file=file(batch(entry(1, code="21", addenda=(_return("R03"),))))).replace(b"799R03", b"799R98")

    reading = nacha.read(data)

    assert reading.errors == ()
    assert [(one.line, one.field, one.code) for one in reading.warnings] == [(4, "reason", "addenda.return_code")]
    assert reading.checked().batches[0].entries[0].returned.reason == "R98"


def _return(reason):
    return nacha.Return(reason=reason, original_trace=trace(9), original_rdfi=ODFI, trace=trace(1))


def test_a_return_of_a_web_entry_needs_no_addenda_05():
    sent = file(batch(entry(1, code="26", addenda=(_return("R10"),)), sec="WEB"))

    assert nacha.read(nacha.compose(file=sent)).problems == ()


# --- the table ---


def test_the_table_has_every_code_once():
    numbers = [*range(1, 48), *range(50, 54), 61, 62, *range(67, 78), *range(80, 86), 90]
    assert list(nacha.RETURN_CODES) == [f"R{number:02d}" for number in numbers]
    assert all(one.title and one.meaning for one in nacha.RETURN_CODES.values())


def test_only_r01_and_r09_are_presented_again():
    assert {code for code, one in nacha.RETURN_CODES.items() if one.is_representable} == {"R01", "R09"}


def test_time_limits_are_two_banking_days_but_for_consumers_operators_and_agreements():
    def limited(clock):
        return {code for code, one in nacha.RETURN_CODES.items() if one.clock is clock}

    assert limited(Clock.CALENDAR_DAYS) == {"R05", "R07", "R10", "R11", "R33", "R37", "R38", "R51", "R52", "R53"}
    assert limited(Clock.AGREED) == {"R06", "R31"}
    assert limited(Clock.UNSTATED) == {"R90"}
    assert nacha.latest_day("R90", settled_on=date(2026, 11, 16)) is None
    assert nacha.RETURN_CODES["R10"].time_limit == "60 calendar days"
    assert nacha.RETURN_CODES["R01"].time_limit == "2 banking days"
    assert nacha.RETURN_CODES["R68"].time_limit == "5 banking days"
    assert nacha.RETURN_CODES["R28"].time_limit == "next file of the operator"


def test_the_last_day_of_a_return_counts_banking_days_or_calendar_days():
    # Thanksgiving is 26 November 2026.
    assert nacha.latest_day("R01", settled_on=date(2026, 11, 25)) == date(2026, 11, 30)
    assert nacha.latest_day("R01", settled_on=date(2026, 11, 16)) == date(2026, 11, 18)
    assert nacha.latest_day("R10", settled_on=date(2026, 11, 25)) == date(2027, 1, 24)
    assert nacha.latest_day("R61", settled_on=date(2026, 11, 16)) == date(2026, 11, 23)
    assert nacha.latest_day("R06", settled_on=date(2026, 11, 16)) is None
    assert nacha.latest_day("R98", settled_on=date(2026, 11, 16)) is None


def test_what_is_done_follows_the_reason():
    def does(action):
        return {code for code, one in nacha.RETURN_CODES.items() if one.action is action}

    assert does(nacha.Action.REVOKE_MANDATE) == {"R05", "R07", "R10", "R29", "R31", "R51"}
    assert {"R02", "R03", "R04", "R12", "R13", "R20"} <= does(nacha.Action.CLOSE_ACCOUNT)
    assert does(nacha.Action.COMPLIANCE) == {"R14", "R15", "R16", "R17", "R84", "R90"}
    answers = {code for code, one in nacha.RETURN_CODES.items() if one.kind in {Kind.DISHONORED, Kind.CONTESTED}}
    assert answers <= does(nacha.Action.BANK)


def test_return_rates_are_exceeded_above_the_level_and_not_at_it():
    at = {"R10": 3, "R07": 2, "R03": 30, "R01": 115, "R68": 900}
    figures = nacha.return_rates(debits=1_000, returned=at)
    assert [(one.level.name, one.returned, one.rate, one.is_exceeded) for one in figures] == [
        ("UNAUTHORIZED", 5, Decimal("0.005"), False),
        ("ADMINISTRATIVE", 30, Decimal("0.03"), False),
        ("OVERALL", 150, Decimal("0.15"), False),
    ]

    above = nacha.return_rates(debits=1_000, returned=at | {"R29": 1, "R02": 1})
    assert [one.is_exceeded for one in above] == [True, True, True]
    assert [one.rate for one in nacha.return_rates(debits=0, returned={})] == [0, 0, 0]
    assert [one.limit for one in RATE_LEVELS] == [Decimal("0.005"), Decimal("0.03"), Decimal("0.15")]


def test_an_entry_not_in_accordance_with_its_authorization_counts_as_unauthorized_and_leaves_the_mandate():
    # Nacha, Differentiating Unauthorized Return Reasons, since 1 April 2020.
    assert RATE_LEVELS[0].codes == {"R05", "R07", "R10", "R11", "R29", "R51"}
    figure = nacha.return_rates(debits=1_000, returned={"R10": 5, "R11": 1})[0]
    assert (figure.level.name, figure.returned, figure.is_exceeded) == ("UNAUTHORIZED", 6, True)
    assert nacha.RETURN_CODES["R11"].action is nacha.Action.CORRECT


def test_the_days_of_the_federal_reserve_are_those_of_the_policy():
    for day in (date(2020, 1, 1) + timedelta(days=n) for n in range(366 * 12)):
        assert banking_days.is_banking_day(day) == calendars.is_banking_day(day, calendar=calendars.Calendar.XFED)


def test_the_original_of_an_answer_may_be_read_from_its_bytes():
    read = nacha.read(nacha.write(file=SENT)).checked()

    answer = nacha.SandboxReturn(trace=trace(1), reason="R01")
    assert returned(answer, original=read) == returned(answer, original=SENT)


def test_the_guide_lists_every_code_as_the_tables_have_it():
    guide = (Path(__file__).parents[2] / "docs" / "rails" / "ach.md").read_text()
    rows = [line for line in guide.splitlines() if re.match(r"\| [RC][0-9]{2} ", line)]

    assert rows == [
        f"| {one.code} | {one.title} | {one.time_limit} | {'yes' if one.is_representable else 'no'} | {one.action.value} |"
        for one in nacha.RETURN_CODES.values()
    ] + [f"| {code} | {title} |" for code, title in (nacha.CHANGE_CODES | nacha.REFUSED_CHANGE_CODES).items()]

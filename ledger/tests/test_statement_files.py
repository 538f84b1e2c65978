"""Statements are read exactly: counts, sums and signs, in every format; what cannot be read is refused and named."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from flowlet.core.xml import UnsafeXml
from ledger import errors
from ledger.providers.statements import reading, records, table
from ledger.tests import statement_files as files


def read(content, **kwargs):
    return list(reading.read(content if isinstance(content, bytes) else content.encode(), **kwargs))


SAMPLES = Path(os.environ.get("FLOWLET_REFERENCE_DATA") or "/nowhere") / "iso20022" / "samples"
WANTED = {
    "200519_camt.052_P_CH2909000000250094239_1110092686_0_2019042416072347.xml": (2, "-1016.00", 2, 0),
    "200519_camt054-returns_p_ch2909000000250094239_1109800798_0_2019052023472022.xml": (1, "400.00", 1, 0),
    "FI_camt_052_sample.xml.xml": (2, "2220.00", 1, 0),
    "FI_camt_053_sample.xml.xml": (10, "13644.83", 10, 5),
    "FI_camt_054_sample.xml.xml": (6, "369.95", 5, 13),
    "camt.053_P_CH2909000000250094239_1110092698_0_2020112503071366.xml": (5, "4656.02", 5, 0),
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="reference data are not at hand (FLOWLET_REFERENCE_DATA)")
@pytest.mark.parametrize("name", WANTED)
def test_banks_samples_give_exact_counts_sums_and_signs(name):
    content = (SAMPLES / name).read_bytes()
    lines = [line for statement in read(content) for line in statement.lines]

    # Counted once more by XPath, which knows nothing of the reader.
    tree = etree.fromstring(content)
    entries = tree.xpath("//*[local-name()='Ntry']")
    signed = [
        Decimal(e.xpath("string(*[local-name()='Amt'])"))
        * (1 if e.xpath("string(*[local-name()='CdtDbtInd'])") == "CRDT" else -1)
        for e in entries
    ]
    details = [len(e.xpath(".//*[local-name()='TxDtls']")) for e in entries]
    assert [line.amount for line in lines] == signed
    assert [len(line.details) for line in lines] == [n if n > 1 else 0 for n in details]
    assert [line.is_reversal for line in lines] == [e.xpath("string(*[local-name()='RvslInd'])") == "true" for e in entries]

    count, total, booked, detailed = WANTED[name]
    assert (len(lines), sum(line.amount for line in lines), sum(line.is_booked for line in lines)) == (
        count,
        Decimal(total),
        booked,
    )
    assert sum(len(line.details) for line in lines) == detailed


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="reference data are not at hand (FLOWLET_REFERENCE_DATA)")
def test_a_banks_statement_adds_up_and_its_batch_is_one_line_with_its_payments():
    (statement,) = read((SAMPLES / "FI_camt_053_sample.xml.xml").read_bytes())
    assert (statement.format, statement.account, statement.currency) == ("camt.053", "FI7433010001222090", "EUR")
    assert (statement.sequence, statement.from_on, statement.to_on) == (120, date(2009, 10, 29), date(2009, 10, 29))
    assert statement.opening + sum(line.amount for line in statement.booked) == statement.closing == Decimal("23644.83")
    batch = statement.lines[2]
    assert (batch.amount, [detail.amount for detail in batch.details]) == (
        Decimal("-4230.05"),
        [Decimal("-2000.02"), Decimal("-1000.01"), Decimal("-1230.02")],
    )


def test_a_reversal_keeps_the_direction_it_is_written_with():
    content = files.camt053(
        opening="100.00",
        closing="130.00",
        entries=[files.entry("30.00", "CRDT", e2e="E-1", reversal=True)],
    )
    line = read(content)[0].lines[0]
    assert (line.amount, line.is_reversal) == (Decimal("30.00"), True)


def test_a_batch_with_many_payments_is_one_line_and_each_payment_keeps_its_own_references():
    content = files.camt053(
        opening="0.00",
        closing="60.00",
        entries=[files.entry("60.00", "CRDT", batch="B-7", details=[("10.00", "E-1"), ("20.00", "E-2"), ("30.00", "E-3")])],
    )
    (line,) = read(content)[0].lines
    assert line.amount == Decimal("60.00")
    assert line.references == {records.BANK: ("BANK-1",), records.BATCH: ("B-7",)}
    assert [(d.amount, d.references[records.END_TO_END]) for d in line.details] == [
        (Decimal("10.00"), ("E-1",)),
        (Decimal("20.00"), ("E-2",)),
        (Decimal("30.00"), ("E-3",)),
    ]


def test_details_of_both_directions_count_by_their_own_where_they_add_up():
    content = files.camt053(
        opening="0.00",
        closing="70.00",
        entries=[files.entry("70.00", "CRDT", details=[("100.00", "E-1", "CRDT"), ("30.00", "E-2", "DBIT")])],
    )
    assert [d.amount for d in read(content)[0].lines[0].details] == [Decimal("100.00"), Decimal("-30.00")]


def test_details_with_a_direction_the_bank_does_not_mean_take_the_lines():
    content = files.camt053(
        opening="100.00",
        closing="22.30",
        entries=[files.entry("77.70", "DBIT", details=[("70.00", "E-1", "CRDT"), ("7.70", "E-2", "CRDT")])],
    )
    assert [d.amount for d in read(content)[0].lines[0].details] == [Decimal("-70.00"), Decimal("-7.70")]


def test_what_is_pending_is_read_and_not_booked_and_notprovided_is_no_reference():
    content = files.camt053(
        opening="0.00",
        closing="5.00",
        entries=[files.entry("5.00", "CRDT", e2e="NOTPROVIDED"), files.entry("9.00", "CRDT", e2e="E-2", status="PDNG", number=2)],
    )
    (statement,) = read(content)
    assert [line.is_booked for line in statement.lines] == [True, False]
    assert [line.number for line in statement.booked] == [1]
    assert statement.lines[0].references == {records.BANK: ("BANK-1",)}


def test_the_party_is_the_other_side_in_old_and_new_versions():
    for version in ("02", "08", "13"):
        content = files.camt053(
            version=version,
            opening="0.00",
            closing="-5.00",
            entries=[
                files.entry("5.00", "DBIT", e2e="E-1", name="Ada Lovelace", account="DE89370400440532013000", version=version)
            ],
        )
        assert read(content)[0].lines[0].party == records.Party("Ada Lovelace", "DE89370400440532013000")


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (lambda text: text.replace(">5.00<", ">5,00<"), "Amt"),
        (lambda text: text.replace(">5.00<", ">NaN<"), "Amt"),
        (lambda text: text.replace(">5.00<", ">-5.00<"), "Amt"),
        (lambda text: text.replace("<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>X</CdtDbtInd>"), "CdtDbtInd"),
        (lambda text: text.replace("2026-03-02</Dt></BookgDt>", "2026-13-02</Dt></BookgDt>"), "Dt"),
        (lambda text: text.replace('Ccy="EUR">5.00', 'Ccy="CHF">5.00'), "Ccy"),
    ],
)
def test_a_broken_message_is_refused_with_its_field(broken, field):
    content = files.camt053(opening="5.00", closing="0.00", entries=[files.entry("5.00", "DBIT", e2e="E-1")])
    with pytest.raises(errors.UnreadableStatement) as refusal:
        read(broken(content.decode()))
    assert refusal.value.details["field"] == field


def test_entities_are_refused():
    content = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Document>&a;</Document>'
    with pytest.raises(UnsafeXml):
        read(content)


MT940 = """{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:
:20:STARTUMS
:25:12345678/1234567890
:28C:00005/001
:60F:C260120EUR1000,00
:61:2601210121C100,50NTRFNONREF//BANK1
:86:166?00GUTSCHRIFT?20EREF+E2E-123?21SVWZ+Invoice 5?30DEUTDEFF?31DE89370400440532013000?32MAX MUSTER
:61:2601210121RC20,00NTRFPAY-9
:86:reversal of a credit
:61:2601210121RD7,25NTRFPAY-8
:62F:C260121EUR1087,75
-}
"""


def test_mt940_gives_signs_references_and_parties():
    (statement,) = read(MT940)
    assert (statement.account, statement.currency, statement.sequence) == ("12345678/1234567890", "EUR", 5)
    assert (statement.opening, statement.closing, statement.to_on) == (Decimal("1000.00"), Decimal("1087.75"), date(2026, 1, 21))
    assert [(line.amount, line.is_reversal) for line in statement.lines] == [
        (Decimal("100.50"), False),
        (Decimal("-20.00"), True),
        (Decimal("7.25"), True),
    ]
    days = [statement.from_on, statement.to_on, *(day for line in statement.lines for day in (line.booked_on, line.value_on))]
    assert {type(day) for day in days} == {date}  # the library's own kind of date cannot be written
    first = statement.lines[0]
    assert first.references == {records.END_TO_END: ("E2E-123",), records.BANK: ("BANK1",)}
    assert first.party == records.Party("MAX MUSTER", "DE89370400440532013000")
    assert statement.opening + sum(line.amount for line in statement.lines) == statement.closing


def test_mt940_pages_of_one_statement_are_joined():
    first = MT940.replace(":62F:", ":62M:")
    second = """:20:STARTUMS
:25:12345678/1234567890
:28C:00005/002
:60M:C260121EUR1087,75
:61:2601210121D87,75NTRFPAY-7
:62F:C260121EUR1000,00
-
"""
    (statement,) = read(first + second)
    assert (statement.opening, statement.closing, len(statement.lines)) == (Decimal("1000.00"), Decimal("1000.00"), 4)
    assert [line.number for line in statement.lines] == [1, 2, 3, 4]
    with pytest.raises(errors.UnreadableStatement):
        read(first)
    with pytest.raises(errors.UnreadableStatement):
        read(first + second.replace(":60M:C260121EUR1087,75", ":60M:C260121EUR1087,74"))


@pytest.mark.parametrize(
    "broken",
    [
        MT940.replace(":61:2601210121RC20,00NTRFPAY-9", ":61:garbage"),
        MT940.replace(":62F:C260121EUR1087,75", ""),
        MT940.replace(":20:", ":21:"),
        ":20:A\n",
    ],
)
def test_mt940_that_cannot_be_read_whole_is_refused(broken):
    with pytest.raises(errors.UnreadableStatement):
        read(broken, format=reading.MT940)


CSV = """Export of account 100200
Date;Valuta;In;Out;Reference;Text;Name;Balance
02.03.2026;02.03.2026;1.234,50;;PAY-1;thanks;Ada;2.234,50
03.03.2026;;;34,50;PAY-2;fee;;2.200,00
"""
MAPPING = {
    "columns": {
        "booked_on": "Date",
        "value_on": "Valuta",
        "credit": "In",
        "debit": "Out",
        "reference": "Reference",
        "text": "Text",
        "counterparty": "Name",
        "balance": "Balance",
    },
    "delimiter": ";",
    "skip_lines": 1,
    "date_format": "%d.%m.%Y",
    "decimal_mark": ",",
    "thousands_mark": ".",
    "sign": "columns",
    "currency": "EUR",
    "account": "100200",
}


def test_csv_is_read_as_its_mapping_says():
    (statement,) = read(CSV, format=reading.CSV, mapping=table.mapping_from(MAPPING))
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("2200.00"))
    assert (statement.from_on, statement.to_on, statement.account) == (date(2026, 3, 2), date(2026, 3, 3), "100200")
    assert [line.amount for line in statement.lines] == [Decimal("1234.50"), Decimal("-34.50")]
    assert [line.references for line in statement.lines] == [{records.TRANSACTION: ("PAY-1",)}, {records.TRANSACTION: ("PAY-2",)}]
    newest = "\n".join([*CSV.splitlines()[:2], *reversed(CSV.splitlines()[2:])])
    (turned,) = read(newest, format=reading.CSV, mapping=table.mapping_from({**MAPPING, "newest_first": True}))
    assert turned == statement


@pytest.mark.parametrize(
    ("sign", "columns", "rows", "wanted"),
    [
        ("as_written", {"amount": "A"}, [("A",), ("-5.00",), ("7.00",)], ["-5.00", "7.00"]),
        ("inverted", {"amount": "A"}, [("A",), ("-5.00",), ("7.00",)], ["5.00", "-7.00"]),
        ("mark", {"amount": "A", "mark": "M"}, [("A", "M"), ("5.00", "D"), ("7.00", "cr")], ["-5.00", "7.00"]),
    ],
)
def test_csv_signs_follow_the_declared_rule(sign, columns, rows, wanted):
    mapping = table.mapping_from({"columns": {"booked_on": "D", **columns}, "sign": sign, "currency": "EUR"})
    content = "\n".join(",".join(["D" if n == 0 else "2026-03-02", *row]) for n, row in enumerate(rows))
    assert [line.amount for line in read(content, format=reading.CSV, mapping=mapping)[0].lines] == [Decimal(w) for w in wanted]


@pytest.mark.parametrize(
    ("change", "line", "field"),
    [
        ((";34,50", ";34.50.1"), 4, "debit"),
        ((";34,50", ";NaN"), 4, "debit"),
        ((";34,50", ";1e3"), 4, "debit"),
        ((";;34,50", ";1;34,50"), 4, "credit"),
        (("03.03.2026", "2026-03-03"), 4, "booked_on"),
        (("2.200,00", "2.200,01"), 4, "balance"),
        (("Reference", "Ref"), 2, "Reference"),
    ],
)
def test_csv_refusals_name_line_and_column(change, line, field):
    with pytest.raises(errors.UnreadableStatement) as refusal:
        read(CSV.replace(*change), format=reading.CSV, mapping=table.mapping_from(MAPPING))
    assert (refusal.value.details["line"], refusal.value.details["field"]) == (line, field)


@pytest.mark.parametrize(
    ("declared", "param"),
    [
        ([], ""),
        ({"columns": {}}, "columns"),
        ({"columns": {"booked_on": "D", "amount": 3}}, "columns"),
        ({"columns": {"booked_on": "D", "total": "T"}}, "columns"),
        ({"columns": {"booked_on": "D", "amount": "A"}, "sign": "other"}, "sign"),
        ({"columns": {"booked_on": "D", "amount": "A"}, "sign": "mark"}, "columns"),
        ({"columns": {"booked_on": "D", "amount": "A"}, "skip_lines": "1"}, "skip_lines"),
        ({"columns": {"booked_on": "D", "amount": "A"}, "separator": ";"}, "separator"),
        ({"columns": {"booked_on": "D", "amount": "A"}, "decimal_mark": ",", "thousands_mark": ","}, "thousands_mark"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(declared, param):
    with pytest.raises(errors.MalformedMapping) as refusal:
        table.mapping_from(json.loads(json.dumps(declared)))
    assert refusal.value.param == param


def test_formats_are_recognised_and_nothing_is_refused():
    assert reading.recognised(files.camt053(opening="0.00", closing="0.00", entries=[])) == reading.CAMT
    assert reading.recognised(MT940.encode()) == reading.MT940
    assert reading.recognised(CSV.encode()) == reading.CSV
    for content in (b"", b"  \n"):
        with pytest.raises(errors.UnreadableStatement):
            reading.recognised(content)
    for content in (CSV, "<Document/>"):
        with pytest.raises(errors.UnreadableStatement):
            read(content)

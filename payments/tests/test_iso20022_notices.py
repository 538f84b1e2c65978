"""Notices of bookings (camt.054) and reports (camt.052): the banks' samples with exact counts, sums and signs."""

from decimal import Decimal

import pytest

from flowlet.core import xml
from payments.providers.iso20022 import notices
from payments.providers.iso20022.errors import UnknownMessage, UnreadableField
from payments.tests.messages import euro

HEAD = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><Ntfctn>'
    "<Acct><Id><IBAN>DE02 1203 0000 0000 2020 51</IBAN></Id></Acct>"
)
TAIL = "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
ENTRY = (
    '<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><DtTm>2026-11-22T23:30:00-05:00</DtTm></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
)


def read(details, amount="30.00"):
    return list(notices.bookings((HEAD + ENTRY.format(amount=amount, details=details) + TAIL).encode()))


def detail(amount, mark="", name=""):
    way = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    ref = f"<Refs><AcctSvcrRef>{name}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>" if name else ""
    return f'<TxDtls>{ref}<Amt Ccy="EUR">{amount}</Amt>{way}</TxDtls>'


def signed(found):
    return sum(((one.amount.amount if one.is_credit else -one.amount.amount) for one in found), Decimal(0))


def test_a_credit_is_read_with_the_banks_own_day_and_name():
    [found] = read("<TxDtls><Refs><EndToEndId>E-1</EndToEndId><UETR>u-1</UETR></Refs></TxDtls>")
    assert (found.account, found.amount, found.is_credit, found.is_booked) == (
        "DE02120300000000202051",
        euro("30.00"),
        True,
        True,
    )
    assert (found.name, found.booked_on.isoformat(), found.names) == ("B-1", "2026-11-22", ("B-1", "u-1", "E-1"))


def test_a_bundle_with_a_credit_note_adds_up_by_the_parts_own_signs():
    found = read(detail("40.00", name="T-1") + detail("10.00", "DBIT", "T-2"))
    assert [(one.name, one.amount, one.is_credit) for one in found] == [
        ("T-1", euro("40.00"), True),
        ("T-2", euro("10.00"), False),
    ]
    assert signed(found) == 30
    meant_otherwise = read(detail("20.00", "DBIT") + detail("10.00", "DBIT"))
    assert [(one.name, one.is_credit) for one in meant_otherwise] == [("B-1#1", True), ("B-1#2", True)]


def test_parts_of_one_name_are_numbered():
    assert [one.name for one in read(detail("20.00", name="B-1") + detail("10.00", name="B-1"))] == ["B-1#1", "B-1#2"]
    assert [one.name for one in read(detail("20.00", name="T") + detail("10.00", name="T"))] == ["B-1#1", "B-1#2"]


@pytest.mark.parametrize("details", [detail("20.00") + detail("9.00"), "<TxDtls/><TxDtls/>"])
def test_a_bundle_that_does_not_add_up_is_told_as_one(details):
    [found] = read(details)
    assert (found.amount, found.of) == (euro("30.00"), 0)


@pytest.mark.parametrize("amount", ["", "x", "-1.00", "1.001", "1e3"])
def test_an_amount_that_is_none_is_refused_with_its_line(amount):
    with pytest.raises(UnreadableField, match=r"Line 1: Ntry/Amt"):
        read("", amount=amount)


@pytest.mark.parametrize(
    "content", ["<a/>", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt/></Document>"]
)
def test_other_documents_are_no_notices(content):
    with pytest.raises(UnknownMessage):
        list(notices.bookings(content.encode()))
    with pytest.raises(xml.UnsafeXml):
        list(notices.bookings(b"<!DOCTYPE a>" + content.encode()))


@pytest.mark.parametrize(
    ("pattern", "message", "count", "booked", "credits", "total"),
    [
        ("FI_camt_054*", "camt.054", 13, 11, 8, "369.95"),
        ("200519_camt054*", "camt.054", 1, 1, 1, "400.00"),
        ("FI_camt_052*", "camt.052", 2, 0, 2, "2220.00"),
        ("200519_camt.052*", "camt.052", 2, 0, 0, "-1016.00"),
    ],
)
def test_the_banks_samples_have_exact_counts_sums_and_signs(iso20022_data, pattern, message, count, booked, credits, total):
    [path] = (iso20022_data / "samples").glob(pattern)
    found = list(notices.bookings(path.read_bytes()))
    assert {one.message for one in found} == {message}
    assert len(found) == count
    assert sum(one.is_booked for one in found) == booked
    assert sum(one.is_credit for one in found) == credits
    assert signed(found) == Decimal(total)
    assert len({(one.account, one.name) for one in found}) == count

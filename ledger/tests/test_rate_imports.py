"""The ECB's files: every shape of them, brought in once, and what cannot be read is said."""

import io
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.tests.test_outbound import Scripted, gives
from ledger import tasks
from ledger.models import Rate
from ledger.providers import ecb
from ledger.services import rate_imports

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
HISTORY = b"Date,USD,JPY,ZZZ,\n2026-10-30,1.1172,175.68,N/A,\n2026-10-29,1.113,175.92,,\n2007-12-31,1.4721,164.93,0.585274,\n"
DAILY = b"Date, USD, JPY, \n30 October 2026, 1.1172, 175.68, \n"
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube><Cube time="2026-10-30"><Cube currency="USD" rate="1.1172"/><Cube currency="JPY" rate="175.68"/></Cube></Cube>
</gesmes:Envelope>"""
NEWEST = [
    ecb.EuroRate(date(2026, 10, 30), "USD", Decimal("1.1172")),
    ecb.EuroRate(date(2026, 10, 30), "JPY", Decimal("175.68")),
]


def zipped(*contents):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.csv", content)
    return target.getvalue()


def bring_in(content):
    return rate_imports.bring_in_ecb(content=content, actor=actors.system("test"), at=AT)


@pytest.mark.parametrize("content", [DAILY, XML, zipped(DAILY), b"\xef\xbb\xbf" + DAILY], ids=["csv", "xml", "zip", "marked"])
def test_every_shape_of_a_day_says_the_same(content):
    found = ecb.read(content)
    assert (found.rates, found.refused) == (NEWEST, [])


def test_a_currency_that_was_not_quoted_on_a_day_has_no_rate():
    found = ecb.read(HISTORY)
    assert [rate.currency for rate in found.rates] == ["USD", "JPY", "USD", "JPY", "USD", "JPY", "ZZZ"]
    assert found.rates[-1] == ecb.EuroRate(date(2007, 12, 31), "ZZZ", Decimal("0.585274"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"Day,USD\n2026-10-30,1\n", "first line"),
        (b"Date,USD,us dollar\n", "no currency code"),
        (b"Date,USD,USD\n", "twice"),
        (b"\xff\xfe\x00", "neither"),
        (b"<html></html>", "no rates"),
        (b"<gesmes:Envelope", "cannot be read"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "not accepted|document type"),
        (b"PK\x03\x04nonsense", "cannot be opened"),
        pytest.param(zipped(DAILY, DAILY), "2 files", id="two files"),
        pytest.param(zipped(b" " * (ecb.LARGEST + 1)), "larger", id="too large"),
    ],
)
def test_what_is_none_of_the_banks_files_is_refused(content, said):
    with pytest.raises(ecb.NotRates, match=said):
        ecb.read(content)


def test_lines_and_values_that_make_no_sense_are_named_and_the_others_are_read():
    found = ecb.read(
        b"Date,USD,JPY\n2026-02-30,1,2\nyesterday,1,2\n2026-10-30,1.1172\n2026-10-29,0,-1\n2026-10-28,1e3,NaN\n2026-10-27,1.16,176\n"
        b"2026-10-26,1,2,3\n"
    )
    assert [(refused.line, refused.text, refused.reason) for refused in found.refused] == [
        (2, "2026-02-30", "is no day"),
        (3, "yesterday", "is no day"),
        (4, "2026-10-30", "has 1 values for 2 currencies"),
        (5, "USD 0", "is no rate"),
        (5, "JPY -1", "is no rate"),
        (6, "USD 1e3", "is no rate"),
        (6, "JPY NaN", "is no rate"),
        (8, "2026-10-26", "has 3 values for 2 currencies"),
    ]
    assert [(rate.currency, rate.rate) for rate in found.rates] == [("USD", Decimal("1.16")), ("JPY", Decimal("176"))]


@pytest.mark.django_db
def test_a_file_is_brought_in_once_with_source_and_moment():
    first, again = bring_in(HISTORY), bring_in(zipped(HISTORY))
    assert (first.added, first.known, first.unknown, first.newest) == (6, 0, {"ZZZ": 1}, date(2026, 10, 30))
    assert (again.added, again.known, again.refused, again.differing) == (0, 6, [], [])
    kept = Rate.objects.get(quote="JPY", valid_on=date(2026, 10, 30))
    assert (kept.base, kept.rate, kept.source, kept.recorded_at) == ("EUR", Decimal("175.68"), "ECB", AT)
    assert [record.after["added"] for record in Record.objects.filter(action="ledger.rates.imported").order_by("id")] == [6, 0]


@pytest.mark.django_db
def test_a_rate_that_is_known_with_another_value_stays_and_is_reported():
    bring_in(DAILY)
    found = bring_in(DAILY.replace(b"1.1172", b"1.1173"))
    assert (found.added, found.known) == (0, 1)
    assert found.differing == [rate_imports.Differing(date(2026, 10, 30), "USD", Decimal("1.1173"), Decimal("1.1172"))]
    assert Rate.objects.get(quote="USD").rate == Decimal("1.1172")


@pytest.mark.django_db
def test_days_to_come_are_refused():
    found = bring_in(b"Date,USD\n2026-11-03,1.2\n2026-11-02,1.1\n")
    assert (found.added, [refused.reason for refused in found.refused]) == (1, ["lies in the future"])


@pytest.mark.django_db
def test_the_command_tells_what_it_did_and_fails_when_something_was_refused(tmp_path, capsys):
    good, bad = tmp_path / "hist.csv", tmp_path / "bad.csv"
    good.write_bytes(HISTORY)
    bad.write_bytes(DAILY.replace(b"175.68", b"much"))
    call_command("import_fx_rates", good)
    told = capsys.readouterr().out
    assert "1 rates of currencies that cannot be held as money were left out: ZZZ." in told
    assert "6 rates added, 0 known already, 0 refused, newest 2026-10-30." in told
    with pytest.raises(SystemExit):
        call_command("import_fx_rates", bad)
    told = capsys.readouterr()
    assert "line 2: 'JPY much' is no rate" in told.err
    assert "0 rates added, 1 known already, 1 refused" in told.out


@pytest.mark.django_db
def test_the_banks_own_history_is_read_whole():
    folder = os.environ.get("FLOWLET_REFERENCE_DATA")
    if not folder:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set: no history to read")
    content = (Path(folder) / "fx" / "eurofxref-hist.zip").read_bytes()
    published = ecb.read(content)
    assert len({rate.day for rate in published.rates}) == 7126
    assert published.refused == []
    outcome = bring_in(content)
    assert outcome.added + sum(outcome.unknown.values()) == len(published.rates)
    assert (outcome.known, outcome.differing, outcome.newest) == (0, [], date(2026, 10, 30))
    assert Rate.objects.get(quote="JPY", valid_on=date(1999, 1, 4)).rate == Decimal("133.73")
    daily = ecb.read((Path(folder) / "fx" / "eurofxref.csv").read_bytes())
    assert {(rate.currency, rate.rate) for rate in daily.rates} == {
        (rate.currency, rate.rate) for rate in published.rates if rate.day == date(2026, 10, 30)
    }


@pytest.fixture
def bank(settings):
    server = Scripted()
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.FX_RATES_URL = f"{server.url}/stats/eurofxref-daily.xml"
    yield server
    server.close()


@pytest.mark.django_db
def test_the_days_file_is_fetched_by_command_and_by_task(bank, capsys):
    bank.answers = [gives(body=XML)]
    call_command("import_fx_rates", fetch=True)
    assert "2 rates added, 0 known already, 0 refused, newest 2026-10-30." in capsys.readouterr().out
    tasks.fetch_rates()
    assert [asked[1] for asked in bank.asked] == ["/stats/eurofxref-daily.xml"] * 2
    assert [record.after["known"] for record in Record.objects.filter(action="ledger.rates.imported").order_by("id")] == [0, 2]


@pytest.mark.django_db
def test_a_bank_that_refuses_is_told_by_the_command_and_left_for_later_by_the_task(bank, caplog):
    bank.answers = [gives(status=404)]
    with pytest.raises(CommandError, match="provider.not_found"):
        call_command("import_fx_rates", fetch=True)
    tasks.fetch_rates()
    assert not Rate.objects.exists()


@pytest.mark.django_db
def test_without_an_address_nothing_is_fetched(settings):
    settings.FX_RATES_URL = ""
    tasks.fetch_rates()
    with pytest.raises(CommandError, match="FLOWLET_FX_RATES_URL"):
        call_command("import_fx_rates", fetch=True)
    with pytest.raises(CommandError, match="a file or --fetch"):
        call_command("import_fx_rates")

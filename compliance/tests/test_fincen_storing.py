"""Reports kept as JSON."""

import json
from dataclasses import replace

import pytest

from compliance.providers.fincen import ctr, sar, storing
from compliance.providers.fincen.storing import UnreadableReport
from compliance.tests.reports_made import CTR, SAR, ctrs, sars


def test_what_was_kept_reads_as_it_was():
    for report in [SAR, CTR, *sars(50, seed=5), *ctrs(50, seed=5)]:
        text = json.dumps(storing.to_json(report))
        assert storing.from_json(type(report), json.loads(text)) == report


def test_what_has_its_default_is_not_kept():
    kept = storing.to_json(SAR)
    assert "note" not in kept
    assert kept["activity"]["amount"] == {"amount": "10340.25", "currency": "USD"}
    assert kept["filing"] == ["InitialReportIndicator"]


@pytest.mark.parametrize(
    ("kind", "change", "where"),
    [
        (sar.Report, {"surprise": 1}, "report: surprise is not known."),
        (sar.Report, {"subjects": {}}, "subjects: a list is expected."),
        (sar.Report, {"subjects": [1]}, "subjects[0]: an object is expected."),
        (sar.Report, {"filed_on": "20261120x"}, "filed_on: date is expected."),
        (sar.Report, {"is_joint": "yes"}, "is_joint: bool is expected."),
        (sar.Report, {"filing": ["New"]}, "filing[0]: FilingType is expected."),
        (
            sar.Report,
            {"activity": {"since": "2026-10-01", "amount": {"amount": 5.5, "currency": "XXX"}}},
            "activity.amount: Money is expected.",
        ),
        (sar.Report, {"activity": {}}, "activity: since is missing."),
        (ctr.Report, {}, "report: activity, narrative, subjects is not known."),
    ],
)
def test_what_is_no_report_is_refused_by_its_field(kind, change, where):
    with pytest.raises(UnreadableReport) as refusal:
        storing.from_json(kind, storing.to_json(SAR) | change)
    assert refusal.value.message == where


def test_drafts_may_be_incomplete_but_not_malformed():
    draft = replace(SAR, subjects=(), narrative="")
    assert storing.from_json(sar.Report, storing.to_json(draft)) == draft

"""What we write against the schemas that are published for its very version: ISO's, the EPC's guideline, Fedwire's guidelines.

They may not be passed on. Each is looked for under the name of its publisher in FLOWLET_ISO20022_SCHEMAS, then in the reference data.
"""

import os
from pathlib import Path

import pytest
from lxml import etree

from payments.providers.iso20022 import recalls
from payments.providers.iso20022.recalls import Verdict
from payments.tests.messages import CREATED_AT, reversal_of
from payments.tests.test_iso20022_envelopes import wrapped
from payments.tests.test_iso20022_recalls import SEPA, WIRE, answer, request
from payments.tests.test_iso20022_reversals import COLLECTED

EPC = "EPC130-08_2025_V1.0_pain.007.001.09"
FEDWIRE = "Fedwire_Funds_Service_Release_2025_{}_20241122_1718_iso15"


def written(message):
    return etree.fromstring(message.content)


def taken_back(*references):
    """The EPC's schema is that of CORE; that of B2B is the same but for the instrument's code."""
    content = reversal_of(COLLECTED, *references).content
    return etree.fromstring(content.replace(b"<Cd>B2B</Cd>", b"<Cd>CORE</Cd>"))


def asked(original):
    return written(recalls.write(recall=request(original), created_at=CREATED_AT))


def said(original, **other):
    return written(recalls.write_answer(answer=answer(original=original, **other), created_at=CREATED_AT))


MESSAGES = {
    "reversal": (EPC, lambda: taken_back("E2E-000001", "E2E-000002")),
    "reversal with all that a collection may have": (EPC, lambda: taken_back("E2E-000003")),
    "request for a SEPA payment": ("camt.056.001.08", lambda: asked(SEPA)),
    "request for a wire": ("camt.056.001.08", lambda: asked(WIRE)),
    "request for a wire, in Fedwire's form": (FEDWIRE.format("ReturnRequest_camt_056_001_08"), lambda: asked(WIRE)),
    **{
        f"answer {verdict} about {original.message}": (
            "camt.029.001.09",
            lambda verdict=verdict, original=original: said(original, verdict=verdict),
        )
        for verdict in Verdict
        for original in (SEPA, WIRE)
    },
    **{
        f"answer {verdict} about a wire, in Fedwire's form": (
            FEDWIRE.format("ReturnRequestResponse_camt_029_001_09"),
            lambda verdict=verdict: said(WIRE, verdict=verdict, reason="NOAS" if verdict == Verdict.REFUSED else ""),
        )
        for verdict in Verdict
    },
    "header of a wire": (
        FEDWIRE.format("BusinessApplicationHeader_head_001_001_03"),
        lambda: written(wrapped()).find(".//{*}AppHdr"),
    ),
}


def schema(name):
    folders = [os.environ.get("FLOWLET_ISO20022_SCHEMAS", ""), os.environ.get("FLOWLET_REFERENCE_DATA", "") + "/iso20022/xsd"]
    for path in (Path(folder) / f"{name}.xsd" for folder in folders if folder):
        if path.is_file():
            return etree.XMLSchema(etree.parse(path))
    return pytest.skip(f"{name}.xsd is neither in FLOWLET_ISO20022_SCHEMAS nor in FLOWLET_REFERENCE_DATA/iso20022/xsd")


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_written_is_valid_under_the_published_schema(name):
    published, build = MESSAGES[name]
    form = schema(published)
    form.assertValid(etree.fromstring(etree.tostring(build())))

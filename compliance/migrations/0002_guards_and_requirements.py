"""The database keeps what the code promises, and levels ask for papers."""

from django.db import migrations
from django.utils import timezone

from flowlet.core import ids
from flowlet.db.sql import append_only, run_file

PERSON = ["NAME", "BIRTH_DATE", "ADDRESS", "CONTACT"]
BUSINESS = ["NAME", "ADDRESS", "CONTACT", "REGISTRATION_NUMBER", "INCORPORATION_DATE"]
IDENTITY = ["PASSPORT", "ID_CARD", "DRIVING_LICENCE"]
PAPERS = {
    "IDENTITY_DOCUMENT": IDENTITY,
    "OWNER_IDENTITY": IDENTITY,
    "SELFIE": ["SELFIE"],
    "PROOF_OF_ADDRESS": ["PROOF_OF_ADDRESS"],
    "COMPANY_REGISTER": ["COMPANY_REGISTER"],
}
AGES = {"PROOF_OF_ADDRESS": 90, "COMPANY_REGISTER": 90}
LEVELS = {
    ("PERSON", "BASIC"): PERSON,
    ("PERSON", "ENHANCED"): [*PERSON, "IDENTITY_DOCUMENT", "SELFIE"],
    ("PERSON", "PREMIUM"): [*PERSON, "IDENTITY_DOCUMENT", "SELFIE", "PROOF_OF_ADDRESS"],
    ("BUSINESS", "BASIC"): BUSINESS,
    ("BUSINESS", "ENHANCED"): [*BUSINESS, "OWNERS", "COMPANY_REGISTER"],
    ("BUSINESS", "PREMIUM"): [*BUSINESS, "OWNERS", "PROOF_OF_ADDRESS", "COMPANY_REGISTER", "OWNER_IDENTITY"],
}


def fill(apps, schema_editor):
    """What levels ask for until somebody changes it. Data are refreshed after five years at the latest (AMLR (EU) 2024/1624 Art. 26)."""
    row = apps.get_model("compliance", "RequirementSet")
    row.objects.bulk_create(
        row(
            id=ids.uuid7(),
            level=level,
            kind=kind,
            country="",
            number=1,
            valid_months=60,
            needs_two=level == "PREMIUM",
            items=[{"kind": name, "any_of": PAPERS.get(name, []), "max_age_days": AGES.get(name)} for name in names],
            note="as shipped",
            created_by="system:migrate",
            created_at=timezone.now(),
        )
        for (kind, level), names in LEVELS.items()
    )


class Migration(migrations.Migration):
    replaces = [("compliance", "0029_reports_have_a_clock")]

    dependencies = [("compliance", "0001_tables"), ("payments", "0002_guards")]

    operations = [
        append_only(
            "compliance_watchlistversion",
            "compliance_watchlistfile",
            "compliance_watchlistversionfile",
            "compliance_watchlistentry",
            "compliance_refusedrow",
            "compliance_alertevidence",
            "compliance_riskmodelversion",
            "compliance_riskoverride",
            "compliance_riskrating",
            "compliance_deletioncertificate",
            "compliance_dutyfulfilment",
        ),
        run_file(__file__, "reports.sql"),
        run_file(__file__, "alerts.sql"),
        run_file(__file__, "screening.sql"),
        run_file(__file__, "cases.sql"),
        run_file(__file__, "erasure.sql"),
        run_file(__file__, "two_people.sql"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

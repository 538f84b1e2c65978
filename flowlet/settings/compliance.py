"""Settings of compliance: who sends reports to FinCEN, and against which schemas they are checked."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from flowlet.settings import environment as env

# What the sandbox writes: numbers that belong to nobody.
SANDBOX_TRANSMITTER: dict[str, str] = {
    "name": "Flowlet Sandbox",
    "tin": "471234560",
    "control_code": "PTST1234",
    "street": "1 Sample Street",
    "city": "New York",
    "state": "NY",
    "postcode": "10001",
    "phone": "2125550100",
    "contact": "Sandbox Officer",
}


def transmitter(*, production: bool) -> dict[str, str]:
    """Who sends reports: all of its variables, or none, and then nothing can be filed; outside of production the sandbox's."""
    values = {field: env.text(f"FLOWLET_BSA_{field}".upper(), "") for field in SANDBOX_TRANSMITTER}
    if all(values.values()):
        return values
    if any(values.values()):
        missing = sorted(f"FLOWLET_BSA_{field}".upper() for field, value in values.items() if not value)
        raise ImproperlyConfigured(f"{', '.join(missing)} missing: whoever sends reports needs all of its variables or none.")
    return {} if production else SANDBOX_TRANSMITTER


def compliance_settings(*, base: Path, production: bool) -> dict[str, Any]:
    """The settings of the compliance app."""
    return {
        # A folder of FinCEN's official schemas of batch files: EFL_SARXBatchSchema.xsd, EFL_CTRXBatchSchema.xsd.
        "BSA_SCHEMAS": env.folder("FLOWLET_BSA_SCHEMAS"),
        "BSA_FILER": env.choice("FLOWLET_BSA_FILER", ("BANK", "MSB"), "BANK"),
        "BSA_TRANSMITTER": transmitter(production=production),
        # The form of a report has some fifty fields for each person; what a request may weigh stays limited.
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 10_000,
        # Customers' documents, sealed: a folder that all processes share and no web server serves.
        "DOCUMENTS_DIR": Path(env.text("FLOWLET_DOCUMENTS_DIR", str(base / "var" / "documents"))),
        # "sandbox", "clamd://host:port", or "": then no documents are taken.
        "VIRUS_SCANNER": env.text("FLOWLET_VIRUS_SCANNER", "" if production else "sandbox"),
        # Who checks identities, per mode; "" for nobody.
        "IDENTITY_PROVIDER": {
            "LIVE": env.text("FLOWLET_IDENTITY_PROVIDER", ""),
            "SANDBOX": "compliance.providers.identity.Sandbox",
        },
    }

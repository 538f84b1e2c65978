"""Settings of the rails: who we are to our banks and until when they take files, where files go, and from which amount on a second person
is needed."""

import re
from datetime import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from flowlet.settings import environment as env

# What the sandbox writes into its files: numbers that belong to nobody.
SANDBOX_IDENTITY: dict[str, dict[str, str]] = {
    "ach": {
        "destination": "123456780",
        "destination_name": "SANDBOX BANK",
        "origin": "123456780",
        "origin_name": "FLOWLET SANDBOX",
        "odfi": "12345678",
        "company_id": "1234567890",
        "company_name": "FLOWLET SANDBOX",
    },
    "sepa": {
        "name": "Flowlet Sandbox",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
        "street": "Beispielweg",
        "building": "1",
        "post_code": "10115",
        "town": "Berlin",
        "country": "DE",
    },
    "wire": {
        "aba": "123456780",
        "correspondent": "987654320",
        "bank_name": "SANDBOX BANK",
        "account": "000123456789",
        "name": "Flowlet Sandbox",
        "street": "Sample Street",
        "building": "1",
        "post_code": "10001",
        "town": "New York",
        "country": "US",
    },
}

# What a rail can do without: wires then go to banks in the United States only.
OPTIONAL = frozenset({"correspondent"})


def thresholds(name: str, default: str = "") -> dict[str, Decimal]:
    """``USD:10000,EUR:10000``: the amount above which something holds, by currency."""
    found: dict[str, Decimal] = {}
    for part in env.words(name, default):
        currency, _, amount = part.partition(":")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal(-1)
        if len(currency) != 3 or not currency.isupper() or not value.is_finite() or value < 0:
            raise ImproperlyConfigured(f"{name}: {part!r} is not CURRENCY:AMOUNT, such as USD:10000.")
        found[currency] = value
    return found


# By when our banks want files, by rail, on the wall clock of their place. The first three are assumptions, to be replaced by what the
# contract says; the wire's is Fedwire's own for customer transfers.
BANK_DEADLINES = {"ach": time(17, 30), "sepa_ct": time(15, 30), "sepa_dd": time(12), "wire": time(18, 45)}
EARLIEST, LATEST = time(4), time(23, 59)  # at night clocks change


def bank_deadlines() -> dict[str, time]:
    """``FLOWLET_BANK_DEADLINES``, such as ``ach:16:00,sepa_ct:14:30``; rails that it does not name keep the default."""
    found = dict(BANK_DEADLINES)
    for part in env.words("FLOWLET_BANK_DEADLINES"):
        rail, _, said = part.partition(":")
        if rail not in BANK_DEADLINES:
            raise ImproperlyConfigured(f"FLOWLET_BANK_DEADLINES: {rail!r} is none of {', '.join(BANK_DEADLINES)}.")
        form = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", said, re.ASCII)
        if form is None:
            raise ImproperlyConfigured(f"FLOWLET_BANK_DEADLINES: {part!r} is not RAIL:HH:MM, such as ach:16:00.")
        deadline = time(int(form[1]), int(form[2]))
        latest = BANK_DEADLINES["wire"] if rail == "wire" else LATEST
        if not EARLIEST <= deadline <= latest:
            raise ImproperlyConfigured(f"FLOWLET_BANK_DEADLINES: {rail} lies between {EARLIEST:%H:%M} and {latest:%H:%M}.")
        found[rail] = deadline
    return found


def identity(*, production: bool) -> dict[str, dict[str, str]]:
    """Who we are to our banks, per rail; a rail is there when all of its variables are, and a half of them is refused.

    What is ``OPTIONAL`` may be empty. Outside of production nobody fetches our files, and the sandbox's numbers stand in for missing ones.
    """
    found: dict[str, dict[str, str]] = {}
    for rail, fields in SANDBOX_IDENTITY.items():
        values = {field: env.text(f"FLOWLET_{rail}_{field}".upper(), "") for field in fields}
        missing = sorted(
            f"FLOWLET_{rail}_{field}".upper() for field, value in values.items() if not value and field not in OPTIONAL
        )
        if not missing:
            found[rail] = values
        elif any(values.values()):
            raise ImproperlyConfigured(f"{', '.join(missing)} missing: the rail {rail} needs all of its variables or none.")
        elif not production:
            found[rail] = fields
    return found


SFTP = ("host", "port", "user", "private_key", "host_key", "folder")


def sftp() -> dict[str, dict[str, str]]:
    """Where files are delivered by SFTP, per rail: ``FLOWLET_SFTP_ACH_HOST`` …, all of them, or the folder is used instead."""
    found: dict[str, dict[str, str]] = {}
    for rail in SANDBOX_IDENTITY:
        values = {field: env.text(f"FLOWLET_SFTP_{rail}_{field}".upper(), "") for field in SFTP}
        if all(values.values()):
            if not values["port"].isdecimal():
                raise ImproperlyConfigured(f"FLOWLET_SFTP_{rail.upper()}_PORT is a number.")
            found[rail] = values
        elif any(values.values()):
            missing = sorted(f"FLOWLET_SFTP_{rail}_{field}".upper() for field, value in values.items() if not value)
            raise ImproperlyConfigured(f"{', '.join(missing)} missing: delivery by SFTP needs all of its variables or none.")
    return found


def payment_settings(*, base: Path, production: bool, demo: bool = False) -> dict[str, Any]:
    """The settings of the payments app. In the ``demo`` two people are needed above amounts that its visitors try."""
    two_people = "USD:10000,EUR:10000,GBP:10000" if demo else ""
    return {
        "RAIL_IDENTITY": identity(production=production),
        "SANDBOX_IDENTITY": SANDBOX_IDENTITY,
        "PAYMENT_APPROVAL_ABOVE": thresholds("FLOWLET_PAYMENT_APPROVAL_ABOVE", two_people),
        # Strong customer authentication: the currencies that ask for it, and up to which amount a payment may be of low value.
        "AUTHENTICATION_ABOVE": thresholds("FLOWLET_AUTHENTICATION_ABOVE"),
        "AUTHENTICATION_LOW_VALUE_TOTAL": thresholds("FLOWLET_AUTHENTICATION_LOW_VALUE_TOTAL", "EUR:100,GBP:85"),
        "AUTHENTICATION_CORPORATE_EXEMPTION": env.flag("FLOWLET_AUTHENTICATION_CORPORATE_EXEMPTION", False),
        "FILE_TWO_PEOPLE_ABOVE": thresholds("FLOWLET_FILE_TWO_PEOPLE_ABOVE", two_people),
        # Whose payments wait on officers' first page: the sandbox is the partners' own, but the demo's business day is there.
        "WORKED_MODES": ("LIVE", "SANDBOX") if demo else ("LIVE",),
        "BANK_DEADLINES": bank_deadlines(),
        "BALANCE_CHECK": env.choice("FLOWLET_BALANCE_CHECK", ("advise", "refuse"), "advise"),
        "WIRE_HEADER": env.choice("FLOWLET_WIRE_HEADER", ("none", "test", "prod"), "none"),
        "PAYMENT_SFTP": sftp(),
        "PAYMENT_FILES_FOLDER": Path(env.text("FLOWLET_PAYMENT_FILES_FOLDER", str(base / "var" / "files"))),
    }

"""The banks that are connected, by name: ``settings.OPEN_BANKS`` for live partners, the one named ``sandbox`` for sandbox partners.

A bank's entry has ``standard`` (UK_OB_4_0 or BERLIN_1_3_11), ``label``, ``tls_certificate`` and ``tls_key`` (paths of PEM files), and what
the standard's ``Config`` needs, with keys as paths of PEM files.
"""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from flowlet.core.outbound import Outbound
from payments.errors import BankNotOffered
from payments.providers.openbanking import berlin, jose, uk, uk_connection
from payments.providers.openbanking.sandbox import SandboxBank
from payments.providers.openbanking.signatures import Seal
from payments.providers.openbanking.vocabulary import AccountNumber, Scheme

SANDBOX = "sandbox"
SANDBOX_CREDITOR = AccountNumber(scheme=Scheme.IBAN, number="DE89370400440532013000")
# How a standard's banks name accounts, unless the file says otherwise.
_SCHEMES = {"UK_OB_4_0": Scheme.SORT_CODE, "BERLIN_1_3_11": Scheme.IBAN}
_TEXTS = {
    "UK_OB_4_0": (
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "api_base",
        "client_id",
        "redirect_uri",
        "jws_issuer",
    ),
    "BERLIN_1_3_11": ("api_base", "redirect_uri"),
}


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank that is connected. ``creditor`` is our own account that customers pay to from there, None when payments are not offered."""

    name: str
    label: str
    standard: str
    client: Any
    creditor: AccountNumber | None = None
    creditor_name: str = ""


def bank(name: str, *, sandbox: bool) -> Bank:
    """The bank of this name for a partner of this mode. Raises BankNotOffered."""
    found = next((each for each in banks(sandbox=sandbox) if each.name == name), None)
    if found is None:
        raise BankNotOffered(param="bank")
    return found


def banks(*, sandbox: bool) -> list[Bank]:
    """All banks for a partner of this mode, by name. Raises ImproperlyConfigured, naming the bank and what is wrong."""
    if sandbox:
        return [Bank(SANDBOX, "Sandbox bank", SandboxBank.standard, SandboxBank(), SANDBOX_CREDITOR, "Flowlet Sandbox")]
    return [_made(name, json.dumps(settings.OPEN_BANKS[name], sort_keys=True)) for name in sorted(settings.OPEN_BANKS)]


@lru_cache(maxsize=512)
def _made(name: str, facts: str) -> Bank:
    """Made once for the same ``facts`` (JSON): clients keep tokens, keys and connections."""
    entry = json.loads(facts)
    standard = entry.get("standard")
    if name == SANDBOX or standard not in _TEXTS:
        raise ImproperlyConfigured(f"FLOWLET_OPEN_BANKS_FILE, {name}: the standard is one of {', '.join(_TEXTS)}.")
    missing = [key for key in _TEXTS[standard] if not isinstance(entry.get(key), str) or not entry[key]]
    if missing:
        raise ImproperlyConfigured(f"FLOWLET_OPEN_BANKS_FILE, {name}: {', '.join(missing)} missing.")
    texts = {key: entry[key] for key in _TEXTS[standard]}
    try:
        make = _uk if standard == "UK_OB_4_0" else _berlin
        return Bank(
            name, entry.get("label") or name, standard, make(name, entry, texts), *_creditor(entry, default=_SCHEMES[standard])
        )
    except (OSError, ValueError, KeyError, ssl.SSLError) as error:
        raise ImproperlyConfigured(f"FLOWLET_OPEN_BANKS_FILE, {name}: {type(error).__name__}: {error}") from None


def _creditor(entry: dict[str, Any], *, default: Scheme) -> tuple[AccountNumber | None, str]:
    """Our own account that is paid from this bank, and its name there. Raises ValueError for one without the other."""
    number, name = entry.get("creditor_number", ""), entry.get("creditor_name", "")
    if not number and not name:
        return None, ""
    if not number or not name:
        raise ValueError("creditor_number and creditor_name come together")
    return AccountNumber(scheme=Scheme(entry.get("creditor_scheme", default)), number=number), name


def _uk(name: str, entry: dict[str, Any], texts: dict[str, str]) -> uk.UkBank:
    config = uk_connection.Config(
        **texts,
        key=jose.Key.load(entry["signing_kid"], Path(entry["signing_key"]).read_bytes()),
        trust_anchor=entry.get("trust_anchor", "openbanking.org.uk"),
        hybrid=bool(entry.get("hybrid", True)),
        unencoded_jws=bool(entry.get("unencoded_jws", False)),
    )
    return uk.UkBank(
        config,
        connect=_connect(name, entry, code_of=uk_connection.error_code, request_id_header="x-fapi-interaction-id"),
    )


def _berlin(name: str, entry: dict[str, Any], texts: dict[str, str]) -> berlin.BerlinBank:
    seal = None
    if entry.get("seal_certificate"):
        seal = Seal.load(Path(entry["seal_certificate"]).read_bytes(), Path(entry["seal_key"]).read_bytes())
    config = berlin.Config(**texts, seal=seal)
    return berlin.BerlinBank(config, connect=_connect(name, entry, code_of=berlin.error_code, request_id_header="X-Request-ID"))


def _connect(
    name: str, entry: dict[str, Any], *, code_of: Callable[[Any], str], request_id_header: str
) -> Callable[[str], Outbound]:
    tls = None
    if entry.get("tls_certificate"):
        tls = ssl.create_default_context(cafile=entry.get("tls_authority"))
        tls.load_cert_chain(entry["tls_certificate"], entry["tls_key"])
    return lambda url: Outbound(
        f"bank:{name}",
        url,
        tls=tls,
        idempotency_header="x-idempotency-key",
        request_id_header=request_id_header,
        code_of=code_of,
    )

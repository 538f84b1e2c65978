"""Keys, banks, clients. After each test every message of it is held against the official description, where that is at hand."""

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from moneyed import Money

from flowlet.core import clock
from flowlet.core.outbound import Outbound, Retries, Timeouts
from payments.providers.openbanking import berlin, jose, uk_connection
from payments.providers.openbanking import uk as uk_client
from payments.providers.openbanking.signatures import Seal
from payments.providers.openbanking.vocabulary import AccountNumber, PaymentFacts, Product, Scheme, Visitor
from payments.tests.standins.berlin_bank import BerlinBank
from payments.tests.standins.descriptions import description
from payments.tests.standins.uk_bank import PREFIX, UkBank

UK_FILES = {f"{PREFIX}/aisp": "uk-ob-account-info.yaml", f"{PREFIX}/pisp": "uk-ob-payment-initiation.yaml"}
BERLIN_FILE = "berlin-group-psd2-api_1.3.11.yaml"
VISITOR = Visitor(ip="198.51.100.7", user_agent="Firefox")
ORGANISATION = "0015800001HQQrZAAX/4kRFEXAMPLE"


def descriptions_at() -> Path | None:
    folder = Path(os.environ.get("FLOWLET_REFERENCE_DATA", "")) / "openapi"
    return folder if os.environ.get("FLOWLET_REFERENCE_DATA") and folder.is_dir() else None


def complaints(bank, files) -> list[str]:
    """What is not as the official descriptions say, of all that was exchanged with the bank; empty where they are not at hand."""
    folder = descriptions_at()
    if folder is None:
        return []
    found = []
    for asked, said in bank.log:
        for prefix, name in files.items():
            if asked.path.startswith(prefix):
                found += description(folder / name).complaints(asked=asked, said=said, prefix=prefix)
    return found


@pytest.fixture(scope="session")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def key(private) -> jose.Key:
    return jose.Key("tpp-1", private)


@pytest.fixture(scope="session")
def seal(private) -> Seal:
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, "D-TRUST CA 2-1, “2015”")]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(0x9FA1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Seal.load(certificate.public_bytes(serialization.Encoding.PEM), pem)


@dataclass
class Tls:
    server: ssl.SSLContext
    client: ssl.SSLContext
    root: str


@pytest.fixture(scope="session")
def tls_pair(private, tmp_path_factory) -> "Tls":
    """TLS for a bank that wants a client certificate, and for us, who have one; both by one authority."""
    folder = tmp_path_factory.mktemp("tls")
    now = datetime.now(UTC)
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def certificate(common_name, *, is_authority):
        subject = authority if is_authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(private, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    root = certificate("", is_authority=True).decode()
    files = {}
    for name in ("bank.example", "Flowlet QWAC"):
        files[name] = folder / f"{name}.pem"
        files[name].write_bytes(pem + certificate(name, is_authority=False))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files["bank.example"])
    server.load_verify_locations(cadata=root)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cadata=root)
    client.load_cert_chain(files["Flowlet QWAC"])
    return Tls(server, client, root)


def connect(url, *, code_of=uk_connection.error_code, header="x-fapi-interaction-id", tls=None):
    return Outbound(
        "bank",
        url,
        retries=Retries(attempts=3, first=0.01, longest=0.02, jitter=0.0),
        timeouts=Timeouts(connect=1, read=0.5, attempt=2, call=5),
        private_hosts=frozenset({"127.0.0.1"}),
        idempotency_header="x-idempotency-key",
        request_id_header=header,
        code_of=code_of,
        tls=tls,
    )


@dataclass
class Uk:
    bank: UkBank
    client: uk_client.UkBank


def make_uk(bank, key, **options) -> uk_client.UkBank:
    config = uk_connection.Config(
        issuer=bank.issuer,
        authorization_endpoint=f"{bank.url}/authorize",
        token_endpoint=f"{bank.url}/token",
        jwks_uri=f"{bank.url}/jwks",
        api_base=f"{bank.url}{PREFIX}",
        client_id="flowlet-client",
        redirect_uri=bank.redirect_uri,
        key=key,
        jws_issuer=ORGANISATION,
        hybrid=bank.hybrid,
        unencoded_jws=bank.unencoded_jws,
    )
    return uk_client.UkBank(config, connect=lambda url: connect(url, **options))


@pytest.fixture
def uk_banks(key):
    """Makes UK banks with their clients."""
    made = []

    def make(**options) -> Uk:
        bank = UkBank(
            client_id="flowlet-client",
            client_keys={key.kid: key.private.public_key()},
            jws_issuer=ORGANISATION,
            **options,
        )
        made.append(bank)
        return Uk(bank, make_uk(bank, key))

    yield make
    for bank in made:
        bank.close()
    assert [line for bank in made for line in complaints(bank, UK_FILES)] == []


@pytest.fixture
def uk(uk_banks) -> Uk:
    return uk_banks()


@dataclass
class Berlin:
    bank: BerlinBank
    client: berlin.BerlinBank


@pytest.fixture
def berlin_banks(seal):
    """Makes Berlin Group banks with their clients; with seals unless told otherwise."""
    made = []

    def make(*, signed=True, tls=None, client_tls=None) -> Berlin:
        bank = BerlinBank(seals={0x9FA1: seal.certificate} if signed else None, tls=tls)
        made.append(bank)
        config = berlin.Config(
            api_base=f"{bank.url}/psd2",
            redirect_uri="https://flowlet.example.com/openbanking/return",
            seal=seal if signed else None,
        )
        client = berlin.BerlinBank(
            config, connect=lambda url: connect(url, code_of=berlin.error_code, header="X-Request-ID", tls=client_tls)
        )
        return Berlin(bank, client)

    yield make
    for bank in made:
        bank.close()
    assert [line for bank in made for line in complaints(bank, {"/psd2": BERLIN_FILE})] == []


@pytest.fixture
def berlin_bank(berlin_banks) -> Berlin:
    return berlin_banks()


@pytest.fixture
def at() -> datetime:
    return clock.now()


@pytest.fixture
def pounds() -> PaymentFacts:
    return PaymentFacts(
        key="pay_01k9",
        amount=Money("12.50", "GBP"),
        creditor_name="Flowlet Safeguarding",
        creditor=AccountNumber(scheme=Scheme.SORT_CODE, number="20000055779911"),
        end_to_end_id="FLOWLET-1",
        remittance="Top-up",
        visitor=VISITOR,
    )


@pytest.fixture
def euros() -> PaymentFacts:
    return PaymentFacts(
        key="pay_01k9",
        amount=Money("1234.05", "EUR"),
        creditor_name="Flowlet Safeguarding",
        creditor=AccountNumber(scheme=Scheme.IBAN, number="DE89370400440532013000"),
        end_to_end_id="FLOWLET-1",
        product=Product.SEPA_INSTANT,
        debtor=AccountNumber(scheme=Scheme.IBAN, number="DE2310010010123456789"),
        remittance="Ihre Einzahlung für Größe",
        visitor=VISITOR,
    )


@pytest.fixture
def open_banks(settings, tmp_path, private, uk, berlin_banks):
    """A bank of each standard in the settings, from which the registry makes its clients; answers both banks."""
    berlin = berlin_banks(signed=False).bank
    pem = tmp_path / "signing.pem"
    pem.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    bank = uk.bank
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.OPEN_BANKS = {
        "uk": {
            "standard": "UK_OB_4_0",
            "label": "A bank in Britain",
            "issuer": bank.issuer,
            "authorization_endpoint": f"{bank.url}/authorize",
            "token_endpoint": f"{bank.url}/token",
            "jwks_uri": f"{bank.url}/jwks",
            "api_base": f"{bank.url}{PREFIX}",
            "client_id": "flowlet-client",
            "redirect_uri": bank.redirect_uri,
            "jws_issuer": ORGANISATION,
            "signing_kid": "tpp-1",
            "signing_key": str(pem),
        },
        "berlin": {
            "standard": "BERLIN_1_3_11",
            "api_base": f"{berlin.url}/psd2",
            "redirect_uri": "https://flowlet.example.com/back",
        },
    }
    return bank, berlin

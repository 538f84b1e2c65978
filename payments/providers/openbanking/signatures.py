"""How a request to a Berlin Group bank is signed: NextGenPSD2 1.3.11, section 12, on draft-cavage-http-signatures-10.

``Digest`` is the SHA-256 of the body (of no bytes, where there is none). The signing string has, in this order, those of Digest,
X-Request-ID, PSU-ID, PSU-Corporate-ID, Date and TPP-Redirect-URI that the request carries. ``keyId`` names the certificate's serial number
in hexadecimal and its issuer; the certificate itself goes along.
"""

import base64
import hashlib
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = ("Digest", "X-Request-ID", "PSU-ID", "PSU-Corporate-ID", "Date", "TPP-Redirect-URI")


@dataclass(frozen=True, slots=True)
class Seal:
    """A qualified seal: its certificate and private key (eIDAS QSEAL in production)."""

    certificate: x509.Certificate
    private: RSAPrivateKey = field(repr=False)

    @classmethod
    def load(cls, certificate_pem: bytes, private_pem: bytes) -> "Seal":
        """From PEM. Raises ValueError when the two do not belong together or are not RSA."""
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        private = serialization.load_pem_private_key(private_pem, password=None)
        if not isinstance(private, RSAPrivateKey) or certificate.public_key() != private.public_key():
            raise ValueError("The certificate and the RSA key do not belong together.")
        return cls(certificate, private)

    @property
    def key_id(self) -> str:
        """``SN=9FA1,CA=CN=D-TRUST%20CA%202-1,O=D-Trust%20GmbH,C=DE``."""
        issuer = urllib.parse.quote(self.certificate.issuer.rfc4514_string(), safe="=,")
        return f"SN={self.certificate.serial_number:X},CA={issuer}"


def digest(body: bytes) -> str:
    """``SHA-256=…`` of the body (RFC 3230)."""
    return f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"


def signing_string(headers: Mapping[str, str]) -> tuple[str, str]:
    """The names that are signed, in order and lower case, and the string over which the signature goes."""
    given = {name.lower(): value for name, value in headers.items()}
    names = [name.lower() for name in SIGNED if name.lower() in given]
    return " ".join(names), "\n".join(f"{name}: {given[name].strip()}" for name in names)


def signed(headers: Mapping[str, str], body: bytes, *, seal: Seal) -> dict[str, str]:
    """``headers`` with Digest, Signature and TPP-Signature-Certificate."""
    full = {**headers, "Digest": digest(body)}
    names, text = signing_string(full)
    signature = base64.b64encode(seal.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    der = seal.certificate.public_bytes(serialization.Encoding.DER)
    return {
        **full,
        "Signature": f'keyId="{seal.key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"',
        "TPP-Signature-Certificate": base64.b64encode(der).decode(),
    }

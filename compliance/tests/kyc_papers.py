"""Files and zones of documents for tests: drawn here, of nobody."""

import io
from datetime import date

from PIL import Image

from compliance.policies import mrz

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PDF = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"


def picture(kind: str = "JPEG", *, gps: bool = False, turned: bool = False, size: tuple[int, int] = (60, 40)) -> bytes:
    """A picture, with a place and a comment in its EXIF, or lying on its side."""
    image = Image.new("RGB", size, (200, 220, 240))
    exif = Image.Exif()
    if gps:
        exif[0x010E] = "Ada at home"
        exif.get_ifd(0x8825)[2] = (51.0, 31.0, 0.0)
    if turned:
        exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def zone(*, name: str = "Ada Lovelace", number: str = "123456789", expires: date = date(2030, 5, 1), **more: object) -> str:
    """The zone of a British passport."""
    given, _, surname = name.upper().rpartition(" ")
    values = {
        "format": mrz.Format.TD3,
        "type": "P",
        "issuer": "GBR",
        "number": number,
        "surname": surname,
        "given_names": given,
        "nationality": "GBR",
        "born": mrz.PartialDate(1985, 12, 10),
        "sex": mrz.Sex.FEMALE,
        "expires": mrz.PartialDate(expires.year, expires.month, expires.day),
    } | more
    lines = mrz.render(mrz.Document(**values))
    return lines if isinstance(lines, str) else "\n".join(lines)

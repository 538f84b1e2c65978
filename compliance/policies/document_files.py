"""What a file is and whether it can be looked at: by its content, never by its name. Pictures for display carry nothing but pixels."""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from compliance import errors
from compliance.choices import ContentType

LARGEST: Final = 10 * 1024 * 1024
PIXELS: Final = 50_000_000
SHOWN: Final = 3000  # pixels of the longer side
_BEGINS: Final = {b"\xff\xd8\xff": ContentType.JPEG, b"\x89PNG\r\n\x1a\n": ContentType.PNG, b"%PDF-": ContentType.PDF}
_FORMATS: Final = {ContentType.JPEG: "JPEG", ContentType.PNG: "PNG"}


def kind_of(content: bytes) -> ContentType:
    """What it is. Raises DocumentTooLarge, UnreadableDocument for everything but whole JPEGs, PNGs and PDFs that are not locked."""
    if len(content) > LARGEST:
        raise errors.DocumentTooLarge(param="file")
    kind = next((found for begin, found in _BEGINS.items() if content.startswith(begin)), None)
    if kind is None:
        raise errors.UnreadableDocument("Send a JPEG, a PNG or a PDF.", param="file")
    if kind == ContentType.PDF:
        if b"%%EOF" not in content[-2048:] or b"/Encrypt" in content:
            raise errors.UnreadableDocument("The PDF is cut off, or locked.", param="file")
    else:
        _opened(content, kind).close()
    return kind


def for_display(content: bytes, kind: str) -> bytes:
    """A picture drawn anew: upright, no larger than a screen needs, without EXIF, GPS, thumbnails, comments or what follows its end.

    Raises UnreadableDocument.
    """
    with _opened(content, ContentType(kind)) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((SHOWN, SHOWN))
        bare = Image.new("RGB", upright.size, "white")
        shown = upright.convert("RGBA")
        bare.paste(shown, mask=shown.getchannel("A"))
        out = io.BytesIO()
        bare.save(out, _FORMATS[ContentType(kind)], quality=90)
        return out.getvalue()


def _opened(content: bytes, kind: ContentType) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content), formats=[_FORMATS[kind]])
        if picture.width * picture.height > PIXELS:
            picture.close()
            raise errors.DocumentTooLarge(param="file")
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise errors.UnreadableDocument("The picture is damaged.", param="file") from None
    return picture

"""The demo's papers: passports and selfies that nobody issued, drawn, so that officers have something to turn and to compare."""

import io
from datetime import date

from PIL import Image, ImageDraw, ImageFont

from accounts.models.personal import Personal
from compliance.policies import mrz
from compliance.policies.mrz import states
from compliance.policies.mrz.comparing import transliterations

_INK, _PAPER, _SKIN = (40, 52, 74), (226, 234, 240), (222, 190, 160)
_FIELDS = ("surname", "given_names", "nationality", "number")


def passport(personal: Personal, *, country: str, number: str, expires: date) -> tuple[bytes, str]:
    """The picture of the person's passport, and its machine-readable zone."""
    given, surname = (word.replace("-", " ") for word in transliterations(personal.name)[0].upper().rpartition(" ")[::2])
    issuer = next((code for code, two in states.ALPHA_2.items() if two == country), states.GERMANY)
    born = personal.born_on or expires
    document = mrz.Document(
        format=mrz.Format.TD3,
        type="P",
        issuer=issuer,
        number=number,
        surname=surname,
        given_names=given,
        nationality=issuer,
        born=mrz.PartialDate(born.year, born.month, born.day),
        sex=mrz.Sex.UNSPECIFIED,
        expires=mrz.PartialDate(expires.year, expires.month, expires.day),
    )
    lines = mrz.render(document)
    zone = lines if isinstance(lines, str) else "\n".join(lines)
    image = Image.new("RGB", (1000, 700), _PAPER)
    draw = ImageDraw.Draw(image)
    for y in range(0, 560, 14):
        draw.line([(0, y), (1000, y + 90)], fill=(212, 222, 232), width=2)
    _face(draw, (60, 120, 320, 450))
    draw.text((360, 40), f"{issuer}   PASSPORT", fill=_INK, font=_font(40))
    shown = {name: getattr(document, name) for name in _FIELDS} | {"born": born.isoformat(), "expires": expires.isoformat()}
    for row, (name, value) in enumerate(shown.items()):
        draw.text((360, 120 + row * 62), name.replace("_", " ").upper(), fill=(110, 120, 140), font=_font(17))
        draw.text((360, 140 + row * 62), str(value), fill=_INK, font=_font(28))
    draw.text((60, 480), "DEMO: NO DOCUMENT", fill=(180, 60, 60), font=_font(26))
    draw.rectangle((0, 560, 1000, 700), fill=(244, 246, 248))
    for row, line in enumerate(zone.splitlines()):
        for place, character in enumerate(line):  # each as wide as the next, as such zones are
            draw.text((40 + place * 21, 585 + row * 50), character, fill=(20, 20, 20), font=_font(26))
    return _jpeg(image), zone


def selfie() -> bytes:
    """Somebody's face."""
    image = Image.new("RGB", (600, 700), (198, 210, 204))
    _face(ImageDraw.Draw(image), (80, 60, 520, 700))
    return _jpeg(image)


def _face(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    draw.rectangle(box, fill=(206, 214, 220))
    draw.pieslice((left, top + high * 0.62, right, bottom + high * 0.5), 180, 360, fill=(70, 86, 120))
    draw.ellipse((left + wide * 0.26, top + high * 0.12, right - wide * 0.26, top + high * 0.72), fill=_SKIN)
    draw.pieslice((left + wide * 0.22, top + high * 0.06, right - wide * 0.22, top + high * 0.52), 180, 360, fill=(84, 60, 44))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()

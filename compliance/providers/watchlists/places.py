"""Countries as publishers of lists write them, as ISO 3166-1 codes.

English names come from CLDR; the table below holds what OFAC, the United Nations, the EU and the United Kingdom write instead.
Where a name is no country of ISO 3166-1 ("Region: Kafia Kingi", "Netherlands Antilles") there is no code, and none is guessed.
"""

import re
from functools import lru_cache
from typing import Final

from flowlet.core import countries

_WRITTEN = """
AG Antigua and Barbuda
BA Bosnia and Herzegovina
BA Bosnia-Herzegovina
BO Bolivia (Plurinational State of)
BS Bahamas, The
BS The Bahamas
CD Congo, Democratic Republic of the
CD Democratic Republic of the Congo
CD Congo (Democratic Republic)
CD DRC
CG Congo, Republic of the
CG Congo
CG Congo (Republic of)
CI Cote d Ivoire
CI Cote d'Ivoire
CI Ivory Coast
CN People's Republic of China
CV Cabo Verde
CZ Czech Republic
FM Micronesia (Federated States of)
GB United Kingdom of Great Britain and Northern Ireland
GB Great Britain
GB UK
GM The Gambia
GM Gambia, The
HK Hong Kong
HK China, Hong Kong Special Administrative Region
HK Hong Kong Special Administrative Region of China
IM Man, Isle of
IR Iran (Islamic Republic of)
IR Islamic Republic of Iran
KG Kyrgyz Republic
KN Saint Kitts and Nevis
KN St. Kitts and Nevis
KP Korea, North
KP Democratic People's Republic of Korea
KP DPRK
KR Korea, South
KR Republic of Korea
LA Lao People's Democratic Republic
LC Saint Lucia
MD Republic of Moldova
MK North Macedonia, The Republic of
MK Macedonia, The Former Yugoslav Republic of
MK Macedonia
MM Burma
MM Myanmar
MM Myanmar (Burma)
MO Macau
MO China, Macao Special Administrative Region
NL Netherlands (Kingdom of the)
PS Palestinian
PS State of Palestine
PS Palestinian Authority
PS Occupied Palestinian Territories
PS Palestine
PS West Bank
PS Region: West Bank
PS Region: Gaza
RU Russian Federation
ST Sao Tome and Principe
SY Syrian Arab Republic
SZ Swaziland
TL East Timor
TR Turkey
TR Turkiye
TT Trinidad and Tobago
TW Taiwan, Province of China
TZ United Republic of Tanzania
US United States of America
US USA
VA Holy See
VC Saint Vincent and the Grenadines
VC St. Vincent and the Grenadines
VE Venezuela (Bolivarian Republic of)
VG Virgin Islands, British
VI Virgin Islands, U.S.
VN Viet Nam
XK Kosovo
"""
# Where a publisher says that it does not know.
NOWHERE: Final = frozenset({"", "na", "n/a", "00", "unknown", "undetermined", "none identified"})
_BLANKS = re.compile(r"\s+")


def code_of(text: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country's name or code, or "" where it is none that is known."""
    plain = _plain(text)
    return plain.upper() if plain.upper() in countries.CODES else _names().get(plain, "")


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", text.replace("’", "'")).strip(" .").casefold()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    found = {_plain(countries.name(code)): code for code in countries.CODES}
    written = (line.split(" ", 1) for line in _WRITTEN.strip().splitlines())
    return {**found, **{_plain(name): code for code, name in written}}

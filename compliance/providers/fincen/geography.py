"""Where addresses have a state: the United States, its territories, Canada and Mexico. Mexico's codes are of three letters."""

from typing import Final

_STATES_US = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD
TN TX UT VT VA WA WV WI WY AA AE AP
"""
_STATES_CA = "AB BC MB NB NL NS NT NU ON PE QC SK YT"
_STATES_MX = """
AGU BCN BCS CAM CHH CHP CMX COA COL DIF DUR GRO GUA HID JAL MEX MIC MOR NAY NLE OAX PUE QUE ROO SIN SLP SON TAB TAM TLA VER YUC ZAC
"""
TERRITORIES: Final = frozenset({"AS", "FM", "GU", "MH", "MP", "PR", "PW", "UM", "VI"})
STATES: Final = {
    "US": frozenset(_STATES_US.split()),
    "CA": frozenset(_STATES_CA.split()),
    "MX": frozenset(_STATES_MX.split()),
} | {territory: frozenset({territory}) for territory in TERRITORIES}

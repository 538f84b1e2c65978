"""Machine-readable zones of travel documents after ICAO Doc 9303: read, checked, written, compared.

``read`` takes what an OCR saw and says everything that is wrong with it, with line, position and field; ``parse`` raises instead.
``render`` is the way back. ``compare`` holds a document against what a form says. Formats: TD1, TD2, TD3 (parts 5, 6, 4) and the visas
MRV-A and MRV-B (part 7). Pure functions: no clock, no database; the day that decides centuries is an argument.
"""

from compliance.policies.mrz.comparing import Difference, compare
from compliance.policies.mrz.documents import Document, PartialDate, Sex
from compliance.policies.mrz.layouts import Format
from compliance.policies.mrz.problems import Kind, Problem, Suggestion, UnreadableZone
from compliance.policies.mrz.reading import Reading, parse, read
from compliance.policies.mrz.rendering import NotRenderable, render

__all__ = [
    "Difference",
    "Document",
    "Format",
    "Kind",
    "NotRenderable",
    "PartialDate",
    "Problem",
    "Reading",
    "Sex",
    "Suggestion",
    "UnreadableZone",
    "compare",
    "parse",
    "read",
    "render",
]

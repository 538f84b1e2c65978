"""How good the matcher is, on labelled names: precision, recall, F1; recall among the first five hits, false positives, latency.

Labels are read from CSV files as they come: what is not understood is refused with its line, not passed over.
"""

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from compliance.policies.screening import names, parts, settings
from compliance.policies.screening.index import Index
from compliance.policies.screening.matching import Query, screen
from compliance.providers.watchlists.entries import EntryKind, PartialDate
from flowlet.core.errors import Invalid

FIRST: Final = 5
_KINDS: Final = {
    "person": EntryKind.PERSON,
    "company": EntryKind.ORGANISATION,
    "organization": EntryKind.ORGANISATION,
    "organisation": EntryKind.ORGANISATION,
    "publicbody": EntryKind.ORGANISATION,
    "entity": EntryKind.ORGANISATION,
    "vessel": EntryKind.VESSEL,
    "airplane": EntryKind.AIRCRAFT,
    "aircraft": EntryKind.AIRCRAFT,
    "legalentity": None,
    "thing": None,
    "": None,
}
_YES: Final = frozenset({"true", "1", "yes", "y", "match", "positive", "hit"})
_NO: Final = frozenset({"false", "0", "no", "n", "no_match", "nonmatch", "negative", "clean", "none", "unrelated"})
_PAIR_COLUMNS: Final = ("schema", "name1", "name2", "is_match")
_QUERY_COLUMNS: Final = ("query_id", "schema", "name", "dob", "label", "expected_id")


class UnreadableLabels(Invalid):
    """A file of labelled names is not as it should be."""

    code, title = "screening.unreadable_labels", "The labelled names cannot be read"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names and whether they are one."""

    kind: EntryKind | None
    left: str
    right: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the entry that it must find; "" when it must find none."""

    id: str
    query: Query
    expected_id: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision, recall and their harmonic mean at a threshold."""

    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class PairReport:
    """``wrong`` are the pairs judged otherwise than labelled at the product's threshold, with their scores."""

    pairs: int
    at_threshold: Quality
    best: Quality
    wrong: tuple[tuple[Pair, float], ...]


@dataclass(frozen=True, slots=True)
class QueryReport:
    """``expected`` queries must find their entry, ``others`` nothing; latencies in milliseconds of one query."""

    expected: int
    found: int
    others: int
    false: int
    p50_ms: float
    p95_ms: float
    per_second: float
    missed: tuple[Asked, ...]
    alarmed: tuple[tuple[Asked, str, float], ...]

    @property
    def recall(self) -> float:
        """The share of expected entries that are among the first five hits."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def false_positive_rate(self) -> float:
        """The share of the other queries that have any hit."""
        return self.false / self.others if self.others else 0.0


def read_pairs(text: str) -> list[Pair]:
    """Pairs from CSV with the columns schema, name1, name2 and is_match at least."""
    return [
        Pair(_kind(row["schema"], line), row["name1"], row["name2"], _is_yes(row["is_match"], line))
        for line, row in _rows(text, _PAIR_COLUMNS)
    ]


def read_queries(text: str) -> list[Asked]:
    """Queries from CSV with the columns query_id, schema, name, dob, label and expected_id at least.

    Whoever has an ``expected_id`` must be found; the label may be left empty. A label that says no wins over the id.
    """
    found = []
    for line, row in _rows(text, _QUERY_COLUMNS):
        expected, label = row["expected_id"].strip(), row["label"].strip().casefold()
        if label in _NO:
            expected = ""
        elif label in _YES and not expected:
            raise UnreadableLabels(f"Line {line} is labelled {row['label']!r}, but has no expected_id.")
        query = Query(row["name"], _kind(row["schema"], line), _born(row["dob"], line))
        found.append(Asked(row["query_id"], query, expected))
    return found


def judge_pairs(pairs: Sequence[Pair], threshold: float = settings.THRESHOLD) -> PairReport:
    """Compare every pair and hold the outcome to its label. Raises UnreadableLabels when there is none."""
    if not pairs:
        raise UnreadableLabels("There are no pairs to judge.")
    scored = [(score_of(pair), pair) for pair in pairs]
    labelled = [(score, pair.is_match) for score, pair in scored]
    steps = sorted({round(score, 2) for score, _ in labelled} | {threshold})
    best = max((_quality(labelled, step) for step in steps), key=lambda one: (one.f1, -abs(one.threshold - threshold)))
    wrong = tuple((pair, score) for score, pair in scored if (score >= threshold) != pair.is_match)
    return PairReport(len(pairs), _quality(labelled, threshold), best, wrong)


def score_of(pair: Pair) -> float:
    """How well the names of a pair match."""
    return names.compare(parts.asked(pair.left, pair.kind), parts.parse(pair.right, pair.kind)).score


def judge_queries(index: Index, asked: Iterable[Asked], clock: Callable[[], float]) -> QueryReport:
    """Ask the lists, one query after another; ``clock`` answers seconds."""
    times: list[float] = []
    missed: list[Asked] = []
    alarmed: list[tuple[Asked, str, float]] = []
    expected = others = 0
    for one in asked:
        began = clock()
        hits = screen(index, one.query)
        times.append(clock() - began)
        if one.expected_id:
            expected += 1
            if one.expected_id not in {hit.entry_id for hit in hits[:FIRST]}:
                missed.append(one)
        else:
            others += 1
            if hits:
                alarmed.append((one, hits[0].entry_id, hits[0].match))
    if not times:
        raise UnreadableLabels("There are no queries to ask.")
    return QueryReport(
        expected=expected,
        found=expected - len(missed),
        others=others,
        false=len(alarmed),
        p50_ms=statistics.median(times) * 1000,
        p95_ms=sorted(times)[min(len(times) - 1, int(len(times) * 0.95))] * 1000,
        per_second=len(times) / sum(times) if sum(times) else 0.0,
        missed=tuple(missed),
        alarmed=tuple(alarmed),
    )


def _quality(scored: Sequence[tuple[float, bool]], threshold: float) -> Quality:
    right = sum(score >= threshold and is_match for score, is_match in scored)
    said = sum(score >= threshold for score, _ in scored)
    true = sum(is_match for _, is_match in scored)
    precision = right / said if said else 0.0
    recall = right / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return Quality(threshold, precision, recall, f1)


def _rows(text: str, columns: Sequence[str]) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restval="")
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise UnreadableLabels(f"The file has no column {', '.join(missing)}; it needs {', '.join(columns)}.")
    for row in reader:
        yield reader.line_num, row


def _kind(schema: str, line: int) -> EntryKind | None:
    try:
        return _KINDS[schema.strip().casefold()]
    except KeyError:
        raise UnreadableLabels(f"Line {line} has the schema {schema!r}, which is not known.") from None


def _is_yes(text: str, line: int) -> bool:
    plain = text.strip().casefold()
    if plain not in _YES | _NO:
        raise UnreadableLabels(f"Line {line} says {text!r} for is_match, which is neither true nor false.")
    return plain in _YES


def _born(text: str, line: int) -> tuple[PartialDate, ...]:
    """A date of birth as 1957-03-10, 1957-03 or 1957; empty for none."""
    plain = text.strip()
    if not plain:
        return ()
    try:
        year, *rest = (int(part) for part in plain[:10].split("-"))
        return (PartialDate(year, *rest),)
    except (TypeError, ValueError):
        raise UnreadableLabels(f"Line {line} has the date of birth {text!r}; write it as 1957-03-10, 1957-03 or 1957.") from None

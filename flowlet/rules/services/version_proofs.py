"""Whether sets and versions of rules say what the audit tells of them: what is asked live is what two people let go live."""

from collections.abc import Iterator, Mapping
from typing import Final

from flowlet.audit.models import Record
from flowlet.audit.selectors import told
from flowlet.rules.choices import RuleStatus
from flowlet.rules.errors import MalformedRule
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services import versions

OPENED: Final = "rule.set.opened"
WRITTEN: Final = "rule.drafted"
_STEPS: Final = {WRITTEN: RuleStatus.DRAFT} | {
    f"rule.{status.lower()}": status for status in RuleStatus if status != RuleStatus.DRAFT
}


def differences() -> Iterator[str]:
    """What was written, altered, moved or removed behind the services."""
    for sets in told.chunks(RuleSet.objects.order_by("pk").iterator(told.CHUNK)):
        opened = told.deeds(sets, (OPENED,))
        for row in sets:
            if row.public_id not in opened:
                yield f"{row.public_id} is there, and nobody opened it."
            elif not told.agrees(opened[row.public_id][OPENED], name=row.name, vocabulary=row.vocabulary):
                yield f"{row.public_id} does not say what was opened."
    yield from (f"{name} was opened, and is not there any more." for name in told.gone(RuleSet, OPENED))
    rows = RuleVersion.objects.select_related("rule_set").order_by("pk")
    for found in told.chunks(rows.iterator(told.CHUNK)):
        steps = told.deeds(found, tuple(_STEPS))
        for version in found:
            yield from _of(version, steps.get(version.public_id, {}))
    yield from (f"{name} was written, and is not there any more." for name in told.gone(RuleVersion, WRITTEN))


def _of(row: RuleVersion, steps: Mapping[str, Record]) -> Iterator[str]:
    if WRITTEN not in steps:
        yield f"{row.public_id} is there, and nobody wrote it."
        return
    if not _says_what_was_written(row, steps[WRITTEN]):
        yield f"{row.public_id} does not say what was written."
    last = told.newest(steps)
    if row.status != _STEPS[last.action]:
        yield f"{row.public_id} is {row.status.lower()}, and nobody decided so."
    elif row.moved_at != last.at or _checker(row) != _released_by(steps):
        yield f"{row.public_id} does not say who decided that it is {row.status.lower()}, and when."


def _says_what_was_written(row: RuleVersion, written: Record) -> bool:
    said = {"rule": row.name, "set": row.rule_set.name, "version": row.number, "digest": row.digest}
    return (
        row.digest == _digest(row)
        and told.agrees(written, **said)
        and told.done(written) == (f"{row.maker_kind}:{row.maker_id}", row.created_at, row.note)
    )


def _digest(row: RuleVersion) -> str:
    try:
        return versions.digest_of(row.rule_set.vocabulary, row.condition, row.effect)
    except MalformedRule:
        return ""


def _checker(row: RuleVersion) -> str | None:
    return None if row.checker_id is None else f"{row.checker_kind}:{row.checker_id}"


def _released_by(steps: Mapping[str, Record]) -> str | None:
    released = steps.get(f"rule.{RuleStatus.LIVE.lower()}")
    return None if released is None else told.who(released)

"""Read the trail aloud: verify it and write down what was found."""

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import islice

from flowlet.audit import witnesses
from flowlet.audit.selectors import chain
from flowlet.audit.services import log
from flowlet.core.actors import Actor

logger = logging.getLogger(__name__)
TARGET = "audit"
SHOWN = 100


def examine(*, anchors: dict[int, str] | None = None, on_block: Callable[[int], None] | None = None) -> chain.Verification:
    """Verify the chain, and, where it agrees, that the rows that witnesses know say what it says; the first hundred that do not."""
    found = chain.verify(anchors=anchors, on_block=on_block)
    if found.first_break is None:
        found.differences = _differences()
    return found


def _differences() -> list[str]:
    """What witnesses find twice: a row on which a service worked between the reading of it and that of its records is right again."""
    first = list(islice(witnesses.differences(), SHOWN))
    again = set(islice(witnesses.differences(), SHOWN)) if first else set()
    return [text for text in first if text in again]


def verify(*, actor: Actor, at: datetime) -> chain.Verification:
    """Verify the whole chain and add the result to the trail as ``audit.verified`` or ``audit.broken``.

    A break is also logged as critical, with the record it names.
    """
    found = examine()
    after = {"blocks": found.blocks, "records": found.records, "head": found.head_hash, "unsealed": found.unsealed}
    if found.first_break is not None:
        after["break"] = found.first_break.message
        logger.critical("The audit trail does not verify: %s", found.first_break.message)
    elif found.differences:
        after["differences"] = found.differences
        logger.critical("%d rows say otherwise than the audit trail: %s", len(found.differences), found.differences[0])
    log.record(action="audit.verified" if found.intact else "audit.broken", actor=actor, at=at, target=TARGET, after=after)
    return found

"""Statements of our accounts as the banks sent them, and documents of breaks: under the keyring, as one may name many people."""

from typing import Final

from django.db.models import Exists, OuterRef, Q

from accounts.services.papers import Paper, Part
from ledger.choices import OPEN_STATES, BreakState
from ledger.models import BreakDocument, ReconciliationItem, StatementDetail, StatementFile, StatementLine

# Matching reads what the bank wrote of a line for as long as the line is open.
_OPEN: Final = ReconciliationItem.objects.filter(line__statement__file=OuterRef("pk"), state__in=OPEN_STATES)
PAPERS: Final = (
    Paper(
        name="bank_statements",
        model=StatementFile,
        made="received_at",
        sealed="content",
        parts=(
            Part(name="statement_lines", model=StatementLine, way="statement__file", sealed="personal"),
            Part(name="statement_details", model=StatementDetail, way="line__statement__file", sealed="personal"),
        ),
        only=~Q(Exists(_OPEN)),
        chunk=10,
    ),
    Paper(
        name="break_documents",
        model=BreakDocument,
        made="added_at",
        blank={"name": ""},
        only=Q(break_row__state=BreakState.CLOSED),
    ),
)

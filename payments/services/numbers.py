"""Numbers that never repeat, of the database's sequences."""

from typing import Final

from django.db import connection

FILES: Final = "payments_file_number"
TRACES: Final = "payments_trace_number"


def take(sequence: str, count: int) -> list[int]:
    """The next ``count`` numbers of the sequence, rising. What is taken is gone, even if the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [row[0] for row in cursor.fetchall()]


def file_number() -> int:
    """The next number of a file, or of a message that stands for one."""
    return take(FILES, 1)[0]

"""Numbers that never repeat, of the database's sequences."""

from django.db import connection


def take(sequence: str, count: int) -> list[int]:
    """The next ``count`` numbers of the sequence, rising. What is taken is gone, even if the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [row[0] for row in cursor.fetchall()]

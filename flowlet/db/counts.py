"""Row counts that cost nothing: the planner's own estimate."""

from django.db import connection
from django.db.models import QuerySet


def estimated(queryset: QuerySet) -> int:
    """About how many rows the queryset has.

    An unfiltered queryset is answered from pg_class.reltuples; a filtered one by the planner's row estimate (EXPLAIN). Exact when the
    estimate is below 1,000, where counting is cheap.
    """
    query = queryset.query
    with connection.cursor() as cursor:
        if not query.where and not query.distinct and not query.group_by:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [queryset.model._meta.db_table])
            count = cursor.fetchone()[0]
        else:
            sql, params = queryset.order_by().values("pk").query.sql_with_params()
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            count = int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])
    return count if count >= 1000 else queryset.order_by()[:10_000].count()

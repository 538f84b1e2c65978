-- Snapshots: what lies below the commit horizon is added up once per day; everything since is the tail.
-- This file can be run again over an earlier version of itself.

INSERT INTO ledger_rollup (id, xid, entry_id) VALUES (1, 0, 0) ON CONFLICT DO NOTHING;

-- Take all entries of finished transactions into the snapshots. Answers how many entries were taken. Runs alone; may be repeated at any time.
-- Joins are hashed: how much there is to take is unknown to the planner, and a nested loop over a large backlog would never end. The first time
-- there is nothing before; a rebuild would look for it among all the rows that it has just deleted.
CREATE OR REPLACE FUNCTION ledger_roll_up() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET work_mem = '64MB' SET enable_nestloop = off SET jit = off AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    v_next bigint;
    v_entry bigint;
    v_at timestamptz;
    v_taken bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7302, 0);
    SELECT xid INTO v_from FROM ledger_rollup WHERE id = 1;
    -- In this order: whoever gets a transaction id above ours draws entry ids above v_entry and moments after v_at. (A snapshot's xmax would not do:
    -- it is one past the newest *finished* transaction, and running ones may lie above it.)
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO v_entry FROM ledger_entry_id_seq;
    v_at := clock_timestamp();
    v_next := pg_current_xact_id()::text::bigint;
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint INTO v_to;
    INSERT INTO ledger_mark (at, xid, entry_id) VALUES (v_at, v_next, v_entry);
    DELETE FROM ledger_mark WHERE at < v_at - interval '1 day';
    EXECUTE format($sql$
    WITH delta AS MATERIALIZED (
        SELECT e.account_id, a.line_id, a.currency, e.effective_on, (e.posted_at AT TIME ZONE b.time_zone)::date AS recorded_on,
               sum(e.amount) FILTER (WHERE e.side = 'DEBIT') AS debits, sum(e.amount) FILTER (WHERE e.side = 'CREDIT') AS credits,
               count(*) AS entries, min(e.id) AS first_id, max(e.id) AS last_id
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id JOIN ledger_book b ON b.id = a.book_id
         WHERE e.posted_xid >= %1$s AND e.posted_xid < %2$s
         GROUP BY 1, 2, 3, 4, 5
    ), account_cells AS (
        INSERT INTO ledger_accountmovement AS m (account_id, effective_on, recorded_on, debits, credits, entries, first_id, last_id)
        SELECT account_id, effective_on, recorded_on, coalesce(debits, 0), coalesce(credits, 0), entries, first_id, last_id FROM delta
        ON CONFLICT (account_id, effective_on, recorded_on) DO UPDATE
           SET debits = m.debits + excluded.debits, credits = m.credits + excluded.credits, entries = m.entries + excluded.entries,
               first_id = least(m.first_id, excluded.first_id), last_id = greatest(m.last_id, excluded.last_id)
    ), line_cells AS (
        INSERT INTO ledger_linemovement AS m (line_id, currency, effective_on, recorded_on, debits, credits, entries)
        SELECT line_id, currency, effective_on, recorded_on, coalesce(sum(debits), 0), coalesce(sum(credits), 0), sum(entries) FROM delta GROUP BY 1, 2, 3, 4
        ON CONFLICT (line_id, currency, effective_on, recorded_on) DO UPDATE
           SET debits = m.debits + excluded.debits, credits = m.credits + excluded.credits, entries = m.entries + excluded.entries
    ), account_steps AS (
        SELECT account_id, effective_on, sum(sum(coalesce(debits, 0))) OVER w AS debits, sum(sum(coalesce(credits, 0))) OVER w AS credits
          FROM delta GROUP BY 1, 2 WINDOW w AS (PARTITION BY account_id ORDER BY effective_on)
    ), account_later AS (   -- later days that have no change of their own; running totals only grow, so the last step before is the greatest
        UPDATE ledger_accountday d SET debits = d.debits + r.debits, credits = d.credits + r.credits
          FROM (SELECT account_id, effective_on, is_later, max(debits) OVER w AS debits, max(credits) OVER w AS credits
                  FROM (SELECT account_id, effective_on, debits, credits, false AS is_later FROM account_steps
                        UNION ALL
                        SELECT k.account_id, k.effective_on, NULL, NULL, true
                          FROM ledger_accountday k
                          JOIN (SELECT account_id, min(effective_on) AS first FROM account_steps GROUP BY 1) f
                            ON k.account_id = f.account_id AND k.effective_on > f.first
                         WHERE NOT EXISTS (SELECT FROM account_steps s WHERE s.account_id = k.account_id AND s.effective_on = k.effective_on)) u
                WINDOW w AS (PARTITION BY account_id ORDER BY effective_on)) r
         WHERE r.is_later AND d.account_id = r.account_id AND d.effective_on = r.effective_on
    ), account_days AS (
        INSERT INTO ledger_accountday AS d (account_id, effective_on, debits, credits)
        SELECT s.account_id, s.effective_on, s.debits + coalesce(p.debits, 0), s.credits + coalesce(p.credits, 0)
          FROM account_steps s
          LEFT JOIN LATERAL (SELECT debits, credits FROM ledger_accountday p WHERE %1$s > 0 AND p.account_id = s.account_id AND p.effective_on <= s.effective_on
                             ORDER BY p.effective_on DESC LIMIT 1) p ON true
        ON CONFLICT (account_id, effective_on) DO UPDATE SET debits = excluded.debits, credits = excluded.credits
    ), line_steps AS (
        SELECT line_id, currency, effective_on, sum(sum(coalesce(debits, 0))) OVER w AS debits, sum(sum(coalesce(credits, 0))) OVER w AS credits
          FROM delta GROUP BY 1, 2, 3 WINDOW w AS (PARTITION BY line_id, currency ORDER BY effective_on)
    ), line_later AS (
        UPDATE ledger_lineday d SET debits = d.debits + r.debits, credits = d.credits + r.credits
          FROM (SELECT line_id, currency, effective_on, is_later, max(debits) OVER w AS debits, max(credits) OVER w AS credits
                  FROM (SELECT line_id, currency, effective_on, debits, credits, false AS is_later FROM line_steps
                        UNION ALL
                        SELECT k.line_id, k.currency, k.effective_on, NULL, NULL, true
                          FROM ledger_lineday k
                          JOIN (SELECT line_id, currency, min(effective_on) AS first FROM line_steps GROUP BY 1, 2) f
                            ON k.line_id = f.line_id AND k.currency = f.currency AND k.effective_on > f.first
                         WHERE NOT EXISTS (SELECT FROM line_steps s
                                            WHERE s.line_id = k.line_id AND s.currency = k.currency AND s.effective_on = k.effective_on)) u
                WINDOW w AS (PARTITION BY line_id, currency ORDER BY effective_on)) r
         WHERE r.is_later AND d.line_id = r.line_id AND d.currency = r.currency AND d.effective_on = r.effective_on
    ), line_days AS (
        INSERT INTO ledger_lineday AS d (line_id, currency, effective_on, debits, credits)
        SELECT s.line_id, s.currency, s.effective_on, s.debits + coalesce(p.debits, 0), s.credits + coalesce(p.credits, 0)
          FROM line_steps s
          LEFT JOIN LATERAL (SELECT debits, credits FROM ledger_lineday p WHERE %1$s > 0 AND p.line_id = s.line_id AND p.currency = s.currency AND p.effective_on <= s.effective_on
                             ORDER BY p.effective_on DESC LIMIT 1) p ON true
        ON CONFLICT (line_id, currency, effective_on) DO UPDATE SET debits = excluded.debits, credits = excluded.credits
    )
    SELECT coalesce(sum(entries), 0) FROM delta $sql$, v_from, v_to) INTO v_taken;
    UPDATE ledger_rollup
       SET xid = v_to, ran_at = v_at, entry_id = greatest(entry_id, (SELECT coalesce(max(m.entry_id), 0) FROM ledger_mark m WHERE m.xid <= v_to))
     WHERE id = 1;
    IF v_taken > 0 THEN
        PERFORM brin_summarize_new_values('entry_by_xid_and_moment'), brin_summarize_new_values('journal_by_xid');
    END IF;
    RETURN v_taken;
END $$;

-- Forget the snapshots and derive them again.
CREATE OR REPLACE FUNCTION ledger_rebuild_snapshots() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7302, 0);
    DELETE FROM ledger_accountmovement;
    DELETE FROM ledger_accountday;
    DELETE FROM ledger_linemovement;
    DELETE FROM ledger_lineday;
    UPDATE ledger_rollup SET xid = 0, entry_id = 0 WHERE id = 1;
    RETURN ledger_roll_up();
END $$;

-- Total debits and credits of accounts: effective up to p_on (NULL: all), recorded up to p_recorded (NULL: all). One statement, one snapshot:
-- the last day's total, plus the tail, less what was recorded after the moment.
CREATE OR REPLACE FUNCTION ledger_account_totals(p_accounts bigint[], p_on date, p_recorded timestamptz)
RETURNS TABLE (account_id bigint, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
    SELECT a.id,
           coalesce(d.debits, 0) + coalesce(t.debits, 0) - coalesce(l.debits, 0) - coalesce(s.debits, 0),
           coalesce(d.credits, 0) + coalesce(t.credits, 0) - coalesce(l.credits, 0) - coalesce(s.credits, 0)
      FROM ledger_rollup r
      CROSS JOIN ledger_account a
      JOIN ledger_book b ON b.id = a.book_id
      LEFT JOIN LATERAL (
          SELECT x.debits, x.credits FROM ledger_accountday x
           WHERE x.account_id = a.id AND x.effective_on <= coalesce(p_on, 'infinity') ORDER BY x.effective_on DESC LIMIT 1) d ON true
      LEFT JOIN LATERAL (
          SELECT sum(e.amount) FILTER (WHERE e.side = 'DEBIT') AS debits, sum(e.amount) FILTER (WHERE e.side = 'CREDIT') AS credits
            FROM ledger_entry e
           WHERE e.account_id = a.id AND e.id > r.entry_id AND e.posted_xid >= r.xid AND e.effective_on <= coalesce(p_on, 'infinity')
             AND e.posted_at <= coalesce(p_recorded, 'infinity')) t ON true
      LEFT JOIN LATERAL (
          SELECT sum(m.debits) AS debits, sum(m.credits) AS credits FROM ledger_accountmovement m
           WHERE p_recorded IS NOT NULL AND m.account_id = a.id AND m.recorded_on > (p_recorded AT TIME ZONE b.time_zone)::date
             AND m.effective_on <= coalesce(p_on, 'infinity')) l ON true
      LEFT JOIN LATERAL (
          SELECT sum(e.amount) FILTER (WHERE e.side = 'DEBIT') AS debits, sum(e.amount) FILTER (WHERE e.side = 'CREDIT') AS credits
            FROM (SELECT min(m.first_id) AS first_id, max(m.last_id) AS last_id FROM ledger_accountmovement m
                   WHERE p_recorded IS NOT NULL AND m.account_id = a.id AND m.recorded_on = (p_recorded AT TIME ZONE b.time_zone)::date) m
            JOIN ledger_entry e ON e.account_id = a.id AND e.id BETWEEN m.first_id AND m.last_id
             AND (e.posted_at AT TIME ZONE b.time_zone)::date = (p_recorded AT TIME ZONE b.time_zone)::date
             AND e.posted_at > p_recorded AND e.posted_xid < r.xid AND e.effective_on <= coalesce(p_on, 'infinity')) s ON true
     WHERE a.id = ANY (p_accounts)
$$;

-- The same for all lines of a book's chart, per currency.
CREATE OR REPLACE FUNCTION ledger_line_totals(p_book bigint, p_on date, p_recorded timestamptz)
RETURNS TABLE (line_id bigint, currency varchar, debits numeric, credits numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_day date := (SELECT (p_recorded AT TIME ZONE b.time_zone)::date FROM ledger_book b WHERE b.id = p_book);
    v_zone text := (SELECT b.time_zone FROM ledger_book b WHERE b.id = p_book);
    v_xid bigint := (SELECT xid FROM ledger_rollup WHERE id = 1);
BEGIN
    -- Literals, so that the planner sees that the tail is short. A STABLE function sees one snapshot, so roll-up and entries fit together.
    RETURN QUERY EXECUTE format($sql$
        WITH base AS (
            SELECT k.line_id, k.currency, d.debits, d.credits
              FROM (WITH RECURSIVE k AS (
                        (SELECT x.line_id, x.currency FROM ledger_lineday x JOIN ledger_chartline c ON c.id = x.line_id AND c.book_id = %1$s
                          ORDER BY x.line_id, x.currency LIMIT 1)
                        UNION ALL
                        SELECT n.line_id, n.currency FROM k CROSS JOIN LATERAL (
                            SELECT x.line_id, x.currency FROM ledger_lineday x
                             WHERE (x.line_id, x.currency) > (k.line_id, k.currency)
                               AND x.line_id IN (SELECT id FROM ledger_chartline WHERE book_id = %1$s)
                             ORDER BY x.line_id, x.currency LIMIT 1) n
                    ) SELECT * FROM k) k
              JOIN LATERAL (SELECT x.debits, x.credits FROM ledger_lineday x
                             WHERE x.line_id = k.line_id AND x.currency = k.currency AND x.effective_on <= %2$L::date
                             ORDER BY x.effective_on DESC LIMIT 1) d ON true
        ), tail_entries AS MATERIALIZED (
            SELECT e.account_id, sum(e.amount) FILTER (WHERE e.side = 'DEBIT') AS debits, sum(e.amount) FILTER (WHERE e.side = 'CREDIT') AS credits
              FROM ledger_entry e
             WHERE e.posted_xid >= %3$s AND e.effective_on <= %2$L::date AND e.posted_at <= %4$L::timestamptz
             GROUP BY 1
        ), tail AS (
            SELECT a.line_id, a.currency, sum(e.debits) AS debits, sum(e.credits) AS credits
              FROM tail_entries e JOIN ledger_account a ON a.id = e.account_id WHERE a.book_id = %1$s
             GROUP BY 1, 2
        ), later AS (
            SELECT m.line_id, m.currency, sum(m.debits) AS debits, sum(m.credits) AS credits
              FROM ledger_linemovement m JOIN ledger_chartline c ON c.id = m.line_id AND c.book_id = %1$s
             WHERE %5$L::date IS NOT NULL AND m.recorded_on > %5$L::date AND m.effective_on <= %2$L::date
             GROUP BY 1, 2
        ), day_entries AS MATERIALIZED (
            SELECT e.account_id, sum(e.amount) FILTER (WHERE e.side = 'DEBIT') AS debits, sum(e.amount) FILTER (WHERE e.side = 'CREDIT') AS credits
              FROM ledger_entry e
             WHERE %5$L::date IS NOT NULL AND e.posted_at > %4$L::timestamptz AND e.posted_at < (%5$L::date + 1)::timestamp AT TIME ZONE %6$L
               AND e.posted_xid < %3$s AND e.effective_on <= %2$L::date
             GROUP BY 1
        ), same_day AS (
            SELECT a.line_id, a.currency, sum(e.debits) AS debits, sum(e.credits) AS credits
              FROM day_entries e JOIN ledger_account a ON a.id = e.account_id WHERE a.book_id = %1$s
             GROUP BY 1, 2
        )
        SELECT line_id, currency, sum(debits), sum(credits) FROM (
            SELECT line_id, currency, debits, credits FROM base
            UNION ALL SELECT line_id, currency, coalesce(debits, 0), coalesce(credits, 0) FROM tail
            UNION ALL SELECT line_id, currency, -coalesce(debits, 0), -coalesce(credits, 0) FROM later
            UNION ALL SELECT line_id, currency, -coalesce(debits, 0), -coalesce(credits, 0) FROM same_day) u
         GROUP BY 1, 2 HAVING sum(debits) <> 0 OR sum(credits) <> 0 ORDER BY 1, 2 $sql$,
        p_book, coalesce(p_on, 'infinity'), v_xid, coalesce(p_recorded, 'infinity'), v_day, v_zone);
END $$;

-- Whether everything recorded up to the moment is settled: by the marks, without a transaction id of its own.
CREATE OR REPLACE FUNCTION ledger_is_settled(p_moment timestamptz) RETURNS boolean LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM ledger_mark m WHERE m.at >= p_moment AND m.xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
$$;

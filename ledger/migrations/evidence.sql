-- Evidence: rows are digested and chained after the fact, below the commit horizon.

CREATE FUNCTION ledger_journal_digest(j ledger_journal) RETURNS bytea LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT sha256(convert_to(jsonb_build_array(j.id, j.book_id, j.kind, j.effective_on, j.posted_at, j.posted_xid, j.leg_count, j.reverses_id,
        j.external_id, j.description, j.cause, j.actor, j.metadata)::text, 'UTF8'))
$$;

CREATE FUNCTION ledger_entry_digest(e ledger_entry) RETURNS bytea LANGUAGE sql STABLE SET timezone = 'UTC' AS $$
    SELECT sha256(convert_to(jsonb_build_array(e.account_id, e.id, e.journal_id, e.ordinal, e.side, e.amount, e.currency, e.effective_on, e.posted_at,
        e.posted_xid, e.seq, e.balance_after)::text, 'UTF8'))
$$;

CREATE FUNCTION ledger_block_hash(p_number bigint, p_from bigint, p_to bigint, p_previous bytea, p_ids uuid[], p_legs smallint[], p_journals bytea, p_entries bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(p_number, p_from, p_to, encode(p_previous, 'hex'), p_ids, p_legs)::text, 'UTF8') || p_journals || p_entries)
$$;

-- Seal up to about p_limit journals of finished transactions (a transaction is never split). Answers how many were sealed; 0 means done.
CREATE FUNCTION ledger_seal(p_limit int DEFAULT 20000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET work_mem = '128MB' SET jit = off AS $$
DECLARE
    v_number bigint := 0;
    v_from bigint := 0;
    v_to bigint;
    v_hash bytea := '\x';
    v_new bytea;
    v_sealed bigint := 0;
    b record;
BEGIN
    PERFORM pg_advisory_xact_lock(7303, 0);
    SELECT number, to_xid, hash INTO v_number, v_from, v_hash FROM ledger_sealblock ORDER BY number DESC LIMIT 1;
    v_number := coalesce(v_number, 0);
    v_from := coalesce(v_from, 0);
    v_hash := coalesce(v_hash, sha256('Flowlet'));
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint INTO v_to;
    EXECUTE format('SELECT least(%s, (SELECT posted_xid FROM ledger_journal WHERE posted_xid >= %s AND posted_xid < %s ORDER BY posted_xid OFFSET %s LIMIT 1) + 1)',
                   v_to, v_from, v_to, p_limit) INTO v_to;
    FOR b IN EXECUTE format($sql$
        WITH journal AS (
            SELECT j.id, j.posted_xid, j.leg_count, ledger_journal_digest(j) AS digest,
                   (min(n) OVER (PARTITION BY j.posted_xid) - 1) / 1000 AS block
              FROM (SELECT *, row_number() OVER (ORDER BY posted_xid, id) AS n FROM ledger_journal WHERE posted_xid >= %1$s AND posted_xid < %2$s) x
              JOIN ledger_journal j ON j.id = x.id
        ), entries AS (
            SELECT e.journal_id, string_agg(ledger_entry_digest(e), ''::bytea ORDER BY e.ordinal) AS digests
              FROM ledger_entry e WHERE e.posted_xid >= %1$s AND e.posted_xid < %2$s GROUP BY e.journal_id
        )
        SELECT j.block, array_agg(j.id ORDER BY j.posted_xid, j.id) AS ids, array_agg(j.leg_count ORDER BY j.posted_xid, j.id) AS legs,
               string_agg(j.digest, ''::bytea ORDER BY j.posted_xid, j.id) AS journals,
               string_agg(coalesce(e.digests, ''), ''::bytea ORDER BY j.posted_xid, j.id) AS entries, max(j.posted_xid) + 1 AS upto, count(*) AS n
          FROM journal j LEFT JOIN entries e ON e.journal_id = j.id
         GROUP BY j.block ORDER BY j.block $sql$, v_from, v_to)
    LOOP
        v_number := v_number + 1;
        v_new := ledger_block_hash(v_number, v_from, b.upto, v_hash, b.ids, b.legs, b.journals, b.entries);
        INSERT INTO ledger_sealblock (number, from_xid, to_xid, journal_ids, leg_counts, journal_digests, entry_digests, previous_hash, hash, sealed_at)
        VALUES (v_number, v_from, b.upto, b.ids, b.legs, b.journals, b.entries, v_hash, v_new, clock_timestamp());
        v_hash := v_new;
        v_from := b.upto;
        v_sealed := v_sealed + b.n;
    END LOOP;
    RETURN v_sealed;
END $$;

-- What is wrong with sealed blocks: nothing, or the first break of each block, in order. ``kind`` is a word for the break.
CREATE FUNCTION ledger_broken_seals(p_from bigint, p_to bigint)
RETURNS TABLE (number bigint, kind text, journal_id uuid, account_id bigint, entry_id bigint, ordinal smallint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' SET work_mem = '128MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
    s ledger_sealblock;
    v_previous bytea := (SELECT hash FROM ledger_sealblock k WHERE k.number = p_from - 1);
    v_last bigint := (SELECT to_xid FROM ledger_sealblock k WHERE k.number = p_from - 1);
    v_expected bigint := p_from;
    v_journals bytea;
    v_entries bytea;
    v_count bigint;
    v_legs bigint;
    b record;
BEGIN
    FOR s IN SELECT * FROM ledger_sealblock k WHERE k.number BETWEEN p_from AND p_to ORDER BY k.number LOOP
        IF s.number <> v_expected THEN
            RETURN QUERY SELECT v_expected, 'block missing', NULL::uuid, NULL::bigint, NULL::bigint, NULL::smallint;
        ELSIF s.previous_hash <> coalesce(v_previous, sha256('Flowlet')) OR s.from_xid <> coalesce(v_last, 0)
           OR s.hash <> ledger_block_hash(s.number, s.from_xid, s.to_xid, s.previous_hash, s.journal_ids, s.leg_counts, s.journal_digests, s.entry_digests) THEN
            RETURN QUERY SELECT s.number, 'block altered', NULL::uuid, NULL::bigint, NULL::bigint, NULL::smallint;
        END IF;
        v_expected := s.number + 1;
        v_previous := s.hash;
        v_last := s.to_xid;
        EXECUTE format('SELECT string_agg(ledger_journal_digest(j), %L::bytea ORDER BY j.posted_xid, j.id), count(*) FROM ledger_journal j WHERE j.posted_xid >= %s AND j.posted_xid < %s',
                       '', s.from_xid, s.to_xid) INTO v_journals, v_count;
        EXECUTE format($sql$
            SELECT string_agg(ledger_entry_digest(e), ''::bytea ORDER BY k.i, e.ordinal), count(*)
              FROM ledger_entry e LEFT JOIN unnest($1) WITH ORDINALITY AS k(id, i) ON k.id = e.journal_id
             WHERE e.posted_xid >= %s AND e.posted_xid < %s $sql$, s.from_xid, s.to_xid) INTO v_entries, v_legs USING s.journal_ids;
        CONTINUE WHEN v_journals = s.journal_digests AND v_entries = s.entry_digests AND v_count = cardinality(s.journal_ids);
        -- Something was touched: find the first row of the block that differs.
        SELECT * INTO b FROM (
            SELECT k.i, 0::smallint AS ordinal, k.id AS journal_id, NULL::bigint AS account_id, NULL::bigint AS entry_id,
                   CASE WHEN j.id IS NULL THEN 'journal removed' ELSE 'journal altered' END AS kind
              FROM unnest(s.journal_ids) WITH ORDINALITY AS k(id, i) LEFT JOIN ledger_journal j ON j.id = k.id
             WHERE j.id IS NULL OR ledger_journal_digest(j) <> substring(s.journal_digests FROM (k.i::int - 1) * 32 + 1 FOR 32)
            UNION ALL
            SELECT k.i, o.ordinal::smallint, k.id, e.account_id, e.id, CASE WHEN e.id IS NULL THEN 'entry removed' ELSE 'entry altered' END
              FROM (SELECT id, i, legs, sum(legs) OVER (ORDER BY i) - legs AS before FROM unnest(s.journal_ids, s.leg_counts) WITH ORDINALITY AS u(id, legs, i)) k
             CROSS JOIN LATERAL generate_series(1, k.legs) AS o(ordinal)
              LEFT JOIN ledger_entry e ON e.journal_id = k.id AND e.ordinal = o.ordinal
             WHERE e.id IS NULL OR ledger_entry_digest(e) <> substring(s.entry_digests FROM (k.before::int + o.ordinal - 1) * 32 + 1 FOR 32)
            UNION ALL
            SELECT 1000000000, 0::smallint, j.id, NULL, NULL, 'journal inserted after the seal' FROM ledger_journal j
             WHERE j.posted_xid >= s.from_xid AND j.posted_xid < s.to_xid AND NOT j.id = ANY (s.journal_ids)
            UNION ALL
            SELECT 1000000000, e.ordinal, e.journal_id, e.account_id, e.id, 'entry inserted after the seal' FROM ledger_entry e
             WHERE e.posted_xid >= s.from_xid AND e.posted_xid < s.to_xid
               AND NOT EXISTS (SELECT FROM unnest(s.journal_ids, s.leg_counts) AS u(id, legs) WHERE u.id = e.journal_id AND e.ordinal BETWEEN 1 AND u.legs)
        ) x ORDER BY i, ordinal LIMIT 1;
        IF FOUND THEN
            RETURN QUERY SELECT s.number, b.kind, b.journal_id, b.account_id, b.entry_id, b.ordinal;
        END IF;
    END LOOP;
END $$;

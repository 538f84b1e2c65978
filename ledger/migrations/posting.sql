-- Posting: the only way into the books. The functions run as their owner; the application has no INSERT on journals and entries.
-- This file can be run again over an earlier version of itself.
--
-- Refusals leave as SQLSTATE FL0nn with a JSON detail; ledger/services/refusals.py maps them to typed errors.
--   FL001 insufficient funds        FL002 account frozen      FL003 account closed     FL004 account not in book
--   FL005 currency mismatch         FL006 unbalanced          FL007 malformed          FL008 period closed
--   FL009 effective day out of range                          FL010 book unknown       FL011 hold exceeded

CREATE SEQUENCE IF NOT EXISTS ledger_entry_id_seq AS bigint OWNED BY ledger_entry.id;
ALTER TABLE ledger_balance SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE ledger_entry SET (autovacuum_vacuum_insert_scale_factor = 0.02);

-- RFC 9562 5.7; the server's own where it has one (PostgreSQL 18).
DO $do$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        CREATE OR REPLACE FUNCTION ledger_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT uuidv7()';
    ELSE
        CREATE OR REPLACE FUNCTION ledger_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
        $$;
    END IF;
END $do$;

-- Why a STRICT account did not take a movement: always raises.
CREATE OR REPLACE FUNCTION ledger_refuse(p_book bigint, p_account bigint, p_currency text, p_needed numeric, p_hold numeric DEFAULT 0) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    b record;
BEGIN
    SELECT a.*, l.posted, l.held INTO b FROM ledger_account a LEFT JOIN ledger_balance l ON l.account_id = a.id WHERE a.id = p_account;
    IF NOT FOUND OR b.book_id <> p_book THEN
        RAISE EXCEPTION 'account % is not in book %', p_account, p_book USING ERRCODE = 'FL004', DETAIL = json_build_object('account_id', p_account)::text;
    ELSIF b.status = 'FROZEN' THEN
        RAISE EXCEPTION 'account % is frozen', p_account USING ERRCODE = 'FL002', DETAIL = json_build_object('account_id', p_account)::text;
    ELSIF b.status = 'CLOSED' THEN
        RAISE EXCEPTION 'account % is closed', p_account USING ERRCODE = 'FL003', DETAIL = json_build_object('account_id', p_account)::text;
    ELSIF b.currency <> p_currency THEN
        RAISE EXCEPTION 'account % is in %', p_account, b.currency USING ERRCODE = 'FL005',
            DETAIL = json_build_object('account_id', p_account, 'currency', b.currency)::text;
    ELSIF b.held + p_hold < 0 THEN
        RAISE EXCEPTION 'more would be released than is held on %', p_account USING ERRCODE = 'FL011', DETAIL = json_build_object('account_id', p_account)::text;
    ELSIF b.mode = 'DEFERRED' THEN
        RAISE EXCEPTION 'account % is deferred and cannot hold', p_account USING ERRCODE = 'FL007', DETAIL = json_build_object('account_id', p_account)::text;
    ELSE
        RAISE EXCEPTION 'account % has too little', p_account USING ERRCODE = 'FL001',
            DETAIL = json_build_object('account_id', p_account, 'available', (b.posted - b.held - coalesce(b.floor, 0))::text,
                                       'needed', p_needed::text, 'currency', b.currency)::text;
    END IF;
END $$;

-- The day a journal takes effect, checked against the book. Takes the book's shared lock, which closing a period waits for.
CREATE OR REPLACE FUNCTION ledger_effective_day(p_book bigint, p_effective_on date, p_adjusting boolean) RETURNS date
LANGUAGE plpgsql AS $$
DECLARE
    b record;
    today date;
    wanted date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7301, p_book::int);
    SELECT time_zone, opened_on, closed_through, soft_closed_through INTO b FROM ledger_book WHERE id = p_book;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no book %', p_book USING ERRCODE = 'FL010';
    END IF;
    today := (clock_timestamp() AT TIME ZONE b.time_zone)::date;
    wanted := coalesce(p_effective_on, today);
    IF wanted > today OR wanted < b.opened_on THEN
        RAISE EXCEPTION 'effective day % is outside % to %', wanted, b.opened_on, today USING ERRCODE = 'FL009',
            DETAIL = json_build_object('earliest', b.opened_on, 'latest', today)::text;
    END IF;
    IF wanted <= b.closed_through OR (wanted <= b.soft_closed_through AND NOT p_adjusting) THEN
        RAISE EXCEPTION 'the period of % is closed', wanted USING ERRCODE = 'FL008',
            DETAIL = json_build_object('closed_through', b.closed_through, 'soft_closed_through', b.soft_closed_through)::text;
    END IF;
    RETURN wanted;
END $$;

-- Post one journal. Amounts are signed: debits positive, credits negative. Legs come sorted by account (the lock order); p_ordinals says
-- where each stood in the request. Holds are changes of the held balance of accounts that have a leg.
--
-- Answers lines of text, since a composite answer costs as much as a statement: journal, moment and effective day, then for each STRICT account
-- touched its key, posted and held balance and number of entries, all separated by commas.
--
-- The book's lock and its row are read at once, so the row may be older than the lock; the guards look again. They also refuse whatever an account
-- without a movement may not take.
DROP FUNCTION IF EXISTS ledger_post;
CREATE FUNCTION ledger_post(
    p_journal uuid, p_book bigint, p_kind text, p_effective_on date, p_actor text, p_description text, p_external_id text, p_cause text,
    p_metadata jsonb, p_reverses uuid, p_adjusting boolean, p_accounts bigint[], p_amounts numeric[], p_currencies text[],
    p_ordinals smallint[], p_hold_accounts bigint[] DEFAULT NULL, p_hold_changes numeric[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    n int := cardinality(p_accounts);
    v_xid bigint := pg_current_xact_id()::text::bigint;   -- before the moment is taken: marks rely on that order
    v_journal uuid := coalesce(p_journal, ledger_uuid7());
    v_day date;
    v_at timestamptz;
    v_seqs bigint[];
    v_after numeric[];
    v_told text;
    v_hold numeric := 0;
    v_net numeric;   -- debits less credits of one account
    b record;
    i int := 1;
    j int;
BEGIN
    SELECT (clock_timestamp() AT TIME ZONE o.time_zone)::date AS today, o.closed_through, pg_advisory_xact_lock_shared(7301, p_book::int) AS locked INTO b
      FROM ledger_book o WHERE o.id = p_book;
    v_day := coalesce(p_effective_on, b.today);
    IF v_day <> b.today OR v_day <= b.closed_through OR b.today IS NULL THEN
        v_day := ledger_effective_day(p_book, v_day, p_adjusting);
    END IF;
    IF n < 2 OR n > 30000 OR n IS NULL THEN
        RAISE EXCEPTION 'a journal has at least two legs' USING ERRCODE = 'FL007';
    ELSIF NOT p_hold_accounts <@ p_accounts THEN
        RAISE EXCEPTION 'a hold changes on an account without a leg' USING ERRCODE = 'FL007';
    END IF;
    WHILE i <= n LOOP
        v_net := p_amounts[i];
        j := i;
        WHILE j < n AND p_accounts[j + 1] <= p_accounts[i] LOOP
            IF p_accounts[j + 1] < p_accounts[i] THEN
                RAISE EXCEPTION 'legs must come sorted by account' USING ERRCODE = 'FL007';
            END IF;
            j := j + 1;
            v_net := v_net + p_amounts[j];
        END LOOP;
        IF p_hold_accounts IS NOT NULL THEN
            v_hold := coalesce(p_hold_changes[array_position(p_hold_accounts, p_accounts[i])], 0);
        END IF;
        UPDATE ledger_balance l SET posted = l.posted + l.sign * v_net, held = l.held + v_hold, seq = l.seq + (j - i + 1)
         WHERE l.account_id = p_accounts[i] AND l.book_id = p_book AND l.status = 'OPEN' AND l.currency = p_currencies[i]
           AND l.held + v_hold >= 0 AND (l.posted + l.sign * v_net - l.held - v_hold >= l.floor) IS NOT FALSE
        RETURNING l.posted, l.held, l.seq, l.sign INTO b;
        IF FOUND THEN
            v_told := concat_ws(',', concat(v_told, ',', p_accounts[i]), b.posted, b.held, b.seq);
            v_seqs[j] := b.seq;
            v_after[j] := b.posted;
            FOR k IN REVERSE j - 1..i LOOP   -- more legs on the same account: count back from the last
                v_seqs[k] := v_seqs[k + 1] - 1;
                v_after[k] := v_after[k + 1] - b.sign * p_amounts[k + 1];
            END LOOP;
        ELSE
            PERFORM FROM ledger_account k
              WHERE k.id = p_accounts[i] AND k.book_id = p_book AND k.mode = 'DEFERRED' AND k.status = 'OPEN' AND k.currency = p_currencies[i];
            IF NOT FOUND OR v_hold <> 0 THEN
                PERFORM ledger_refuse(p_book, p_accounts[i], p_currencies[i], abs(v_net), v_hold);
            END IF;
            FOR k IN i..j LOOP
                v_seqs[k] := NULL;
                v_after[k] := NULL;
            END LOOP;
        END IF;
        i := j + 1;
    END LOOP;
    v_at := clock_timestamp();
    WITH journal AS (
        INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, reverses_id, external_id, description, cause, actor, metadata)
        VALUES (v_journal, p_book, p_kind, v_day, v_at, v_xid, n, p_reverses, p_external_id, p_description, p_cause, p_actor, p_metadata)
    )
    INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after, account_id, journal_id)
    SELECT nextval('ledger_entry_id_seq'), t.o, CASE WHEN t.m > 0 THEN 'DEBIT' ELSE 'CREDIT' END, abs(t.m),
           t.c, v_day, v_at, v_xid, t.q, t.b, t.a, v_journal
      FROM unnest(p_accounts, p_ordinals, p_amounts, p_currencies, v_seqs, v_after) AS t(a, o, m, c, q, b);
    RETURN concat(concat_ws(',', v_journal, v_at, v_day), v_told);
END $$;

-- Post one journal of one debit and one credit, which is what nearly all journals are: no holds, no reversal, no adjustment. Guards and answer are
-- those of ledger_post, to which everything else goes.
--
-- Written for little that PostgreSQL has to prepare anew at each call, since that costs more than the work: one argument whose fields have the types
-- of the columns they go to, few statements, few operators (each is looked up, with the right to execute it, in every statement). The UPDATE finds
-- its rows by one scan of the key, which goes upwards: the lock order. Status, currency and book are the guards' to refuse: they look after the
-- balances are locked, so they see whatever a freeze before us has written.
DROP FUNCTION IF EXISTS ledger_post_pair;
DROP TYPE IF EXISTS ledger_pair;
CREATE TYPE ledger_pair AS (
    journal_id uuid, book_id bigint, kind varchar(40), effective_on date, actor varchar(80), description varchar(500), external_id varchar(120),
    cause varchar(60), metadata jsonb, debit bigint, credit bigint, amount numeric(20, 4), currency varchar(3), debit_ordinal smallint,
    credit_ordinal smallint);
CREATE FUNCTION ledger_post_pair(p ledger_pair) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_xid bigint := txid_current();   -- before the moment is taken: marks rely on that order
    v_locked text := pg_advisory_xact_lock_shared(7301, p.book_id::int);   -- before the book is read
    v_journal uuid := coalesce(p.journal_id, ledger_uuid7());
    v_day date;
    v_closed date;
    v_at timestamptz;
    v_account bigint;
    v_posted numeric(20, 4);
    v_seq bigint;
    v_line text;
    v_debit_posted numeric(20, 4);
    v_debit_seq bigint;
    v_debit_told text;
    v_credit_posted numeric(20, 4);
    v_credit_seq bigint;
    v_credit_told text;
BEGIN
    SELECT (clock_timestamp() AT TIME ZONE o.time_zone)::date, o.closed_through INTO v_day, v_closed FROM ledger_book o WHERE o.id = p.book_id;
    IF v_day IS NULL OR p.effective_on <> v_day OR v_day <= v_closed OR p.debit = p.credit THEN
        IF p.debit = p.credit THEN
            RAISE EXCEPTION 'a pair is on two accounts' USING ERRCODE = 'FL007';
        END IF;
        v_day := ledger_effective_day(p.book_id, p.effective_on, false);
    END IF;
    FOR v_account, v_posted, v_seq, v_line IN
        UPDATE ledger_balance l SET posted = l.posted + l.sign * CASE l.account_id WHEN p.debit THEN p.amount ELSE -p.amount END, seq = l.seq + 1
         WHERE l.account_id = ANY (ARRAY[p.debit, p.credit])
           AND (l.posted + l.sign * CASE l.account_id WHEN p.debit THEN p.amount ELSE -p.amount END - l.held >= l.floor) IS NOT FALSE
        RETURNING l.account_id, l.posted, l.seq, concat_ws(',', l.account_id, l.posted, l.held, l.seq)
    LOOP
        IF v_account = p.debit THEN
            v_debit_posted := v_posted;
            v_debit_seq := v_seq;
            v_debit_told := v_line;
        ELSE
            v_credit_posted := v_posted;
            v_credit_seq := v_seq;
            v_credit_told := v_line;
        END IF;
    END LOOP;
    v_at := clock_timestamp();
    WITH journal AS (
        INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, external_id, description, cause, actor, metadata)
        VALUES (v_journal, p.book_id, p.kind, v_day, v_at, v_xid, 2, p.external_id, p.description, p.cause, p.actor, p.metadata)
    )
    INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after, account_id, journal_id)
    VALUES (nextval('ledger_entry_id_seq'), p.debit_ordinal, 'DEBIT', p.amount, p.currency, v_day, v_at, v_xid,
            v_debit_seq, v_debit_posted, p.debit, v_journal),
           (nextval('ledger_entry_id_seq'), p.credit_ordinal, 'CREDIT', p.amount, p.currency, v_day, v_at, v_xid,
            v_credit_seq, v_credit_posted, p.credit, v_journal);
    RETURN concat_ws(',', v_journal, v_at, v_day, v_debit_told, v_credit_told);
END $$;

-- Post many journals, all or nothing. Journals are numbered 1..n by position; p_leg_journal says which one a leg belongs to, and legs
-- come in journal order. Every journal has to respect the floors in its turn; all else is the guards' to refuse.
--
-- Answers text: the moment, then for each journal and STRICT account, behind a semicolon and separated by commas, the journal's number, the
-- account's key, posted and held balance and number of entries.
DROP FUNCTION IF EXISTS ledger_post_batch;
CREATE FUNCTION ledger_post_batch(
    p_book bigint, p_adjusting boolean, p_actor text, p_journals uuid[], p_kinds text[], p_days date[], p_descriptions text[], p_external_ids text[],
    p_causes text[], p_metadata jsonb[], p_reverses uuid[], p_leg_journal int[], p_accounts bigint[], p_amounts numeric[],
    p_currencies text[], p_ordinals smallint[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_xid bigint := pg_current_xact_id()::text::bigint;
    v_at timestamptz;
    v_days date[];
    s record;   -- the STRICT accounts, as locked
    r record;   -- what becomes of them
BEGIN
    -- The effective days: each distinct one is checked once.
    SELECT array_agg(d.checked ORDER BY t.i) INTO v_days
      FROM unnest(p_days) WITH ORDINALITY AS t(day, i)
      JOIN (SELECT u.day, ledger_effective_day(p_book, u.day, p_adjusting) AS checked FROM (SELECT DISTINCT unnest(p_days) AS day) u) d
        ON d.day IS NOT DISTINCT FROM t.day;
    -- Lock, lowest key first.
    SELECT array_agg(l.account_id) AS ids, array_agg(l.sign) AS signs, array_agg(l.posted) AS posted, array_agg(l.held::numeric) AS held,
           array_agg(l.floor) AS floors, array_agg(l.seq) AS seqs INTO s
      FROM (SELECT * FROM ledger_balance b WHERE b.account_id = ANY (p_accounts) ORDER BY b.account_id FOR NO KEY UPDATE) l;
    v_at := clock_timestamp();
    WITH leg AS (
        SELECT t.i, t.jn, t.a, t.o, l.sign * t.m AS delta, l.posted, l.held, l.floor, l.seq, l.id IS NOT NULL AS strict
          FROM unnest(p_leg_journal, p_accounts, p_amounts, p_ordinals) WITH ORDINALITY AS t(jn, a, m, o, i)
          LEFT JOIN unnest(s.ids, s.signs, s.posted, s.held, s.floors, s.seqs) AS l(id, sign, posted, held, floor, seq) ON l.id = t.a
    ), run AS (
        SELECT i, jn, a, strict, held, floor, posted + sum(delta) OVER w AS after, seq + row_number() OVER w AS seq, lead(jn) OVER w AS next_jn
          FROM leg WINDOW w AS (PARTITION BY a ORDER BY jn, o ROWS UNBOUNDED PRECEDING)
    )
    SELECT array_agg(CASE WHEN strict THEN x.seq END ORDER BY i) AS seqs, array_agg(CASE WHEN strict THEN x.after END ORDER BY i) AS after,
           min(i) FILTER (WHERE strict AND next_jn IS DISTINCT FROM jn AND after - held < floor) AS refused,
           array_agg(a) FILTER (WHERE strict AND next_jn IS NULL) AS ids,
           array_agg(x.after) FILTER (WHERE strict AND next_jn IS NULL) AS posted,
           array_agg(x.seq) FILTER (WHERE strict AND next_jn IS NULL) AS last_seqs,
           string_agg(concat_ws(',', jn, a, x.after, held, x.seq), ';') FILTER (WHERE strict AND next_jn IS DISTINCT FROM jn) AS told
      INTO r FROM run x;
    IF r.refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % has too little', p_accounts[r.refused] USING ERRCODE = 'FL001',
            DETAIL = json_build_object('account_id', p_accounts[r.refused], 'item', p_leg_journal[r.refused] - 1,
                                       'needed', abs(p_amounts[r.refused])::text, 'currency', p_currencies[r.refused])::text;
    END IF;
    UPDATE ledger_balance l SET posted = f.posted, seq = f.seq FROM unnest(r.ids, r.posted, r.last_seqs) AS f(id, posted, seq) WHERE l.account_id = f.id;
    WITH journal AS (
        INSERT INTO ledger_journal (id, book_id, kind, effective_on, posted_at, posted_xid, leg_count, reverses_id, external_id, description, cause, actor, metadata)
        SELECT t.id, p_book, t.kind, t.day, v_at, v_xid, c.legs, t.reverses, t.external_id, t.description, t.cause, p_actor, t.metadata
          FROM unnest(p_journals, p_kinds, v_days, p_reverses, p_external_ids, p_descriptions, p_causes, p_metadata) WITH ORDINALITY
               AS t(id, kind, day, reverses, external_id, description, cause, metadata, i)
          JOIN (SELECT jn, count(*) AS legs FROM unnest(p_leg_journal) AS jn GROUP BY jn) c ON c.jn = t.i
    )
    INSERT INTO ledger_entry (id, ordinal, side, amount, currency, effective_on, posted_at, posted_xid, seq, balance_after, account_id, journal_id)
    SELECT nextval('ledger_entry_id_seq'), t.o, CASE WHEN t.m > 0 THEN 'DEBIT' ELSE 'CREDIT' END, abs(t.m), t.c, v_days[t.jn], v_at, v_xid, t.q,
           t.after, t.a, p_journals[t.jn]
      FROM unnest(p_leg_journal, p_accounts, p_ordinals, p_amounts, p_currencies, r.seqs, r.after) AS t(jn, a, o, m, c, q, after);
    RETURN concat_ws(';', v_at, r.told);
END $$;

-- Change the held balance of STRICT accounts without moving money. Placing needs an open account, releasing does not.
CREATE OR REPLACE FUNCTION ledger_hold(p_book bigint, p_accounts bigint[], p_changes numeric[])
RETURNS TABLE (account_id bigint, posted numeric, held numeric, floor numeric, seq bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    b record;
    i int;
BEGIN
    FOR i IN 1..coalesce(array_length(p_accounts, 1), 0) LOOP
        IF i > 1 AND p_accounts[i] <= p_accounts[i - 1] THEN
            RAISE EXCEPTION 'accounts must come sorted' USING ERRCODE = 'FL007';
        END IF;
        UPDATE ledger_balance l SET held = l.held + p_changes[i]
         WHERE l.account_id = p_accounts[i] AND l.book_id = p_book AND (l.status = 'OPEN' OR p_changes[i] <= 0) AND l.held + p_changes[i] >= 0
           AND (p_changes[i] <= 0 OR l.floor IS NULL OR l.posted - l.held - p_changes[i] >= l.floor)
        RETURNING l.posted, l.held::numeric, l.floor, l.seq, l.currency INTO b;
        IF NOT FOUND THEN
            IF p_changes[i] <= 0 AND EXISTS (SELECT FROM ledger_balance l WHERE l.account_id = p_accounts[i] AND l.book_id = p_book) THEN
                RAISE EXCEPTION 'more would be released than is held on %', p_accounts[i] USING ERRCODE = 'FL011',
                    DETAIL = json_build_object('account_id', p_accounts[i])::text;
            END IF;
            PERFORM ledger_refuse(p_book, p_accounts[i], a.currency, p_changes[i]) FROM ledger_account a WHERE a.id = p_accounts[i];
            RAISE EXCEPTION 'account % is not in book %', p_accounts[i], p_book USING ERRCODE = 'FL004';
        END IF;
        RETURN QUERY SELECT p_accounts[i], b.posted, b.held, b.floor, b.seq;
    END LOOP;
END $$;

-- Lock STRICT accounts, lowest key first, and answer their balances.
CREATE OR REPLACE FUNCTION ledger_lock(p_book bigint, p_accounts bigint[]) RETURNS TABLE (account_id bigint, posted numeric, held numeric)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.account_id, l.posted, l.held::numeric FROM ledger_balance l
     WHERE l.account_id = ANY (p_accounts) AND l.book_id = p_book ORDER BY l.account_id FOR NO KEY UPDATE
$$;

-- What the services promise of payments is refused here for everybody.

-- The table of payments/states.py; a test compares the two.
CREATE OR REPLACE FUNCTION payments_may_move(p_from text, p_to text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_to = ANY (CASE p_from
        WHEN 'CREATED' THEN '{REVIEW,APPROVAL,APPROVED,REJECTED,FAILED,CANCELED,EXPIRED,SETTLED}'::text[]
        WHEN 'REVIEW' THEN '{APPROVAL,REJECTED,CANCELED,EXPIRED}'
        WHEN 'APPROVAL' THEN '{APPROVED,REJECTED,CANCELED,EXPIRED}'
        WHEN 'APPROVED' THEN '{HELD,SUBMITTED,SETTLED,FAILED,CANCELED,EXPIRED}'
        WHEN 'HELD' THEN '{SUBMITTED,SETTLED,FAILED,CANCELED,EXPIRED}'
        WHEN 'SUBMITTED' THEN '{UNKNOWN,SETTLED,FAILED,RETURNED}'
        WHEN 'UNKNOWN' THEN '{SUBMITTED,SETTLED,FAILED,RETURNED}'
        WHEN 'SETTLED' THEN '{RETURNED,DISPUTED,REFUNDED}'
        WHEN 'DISPUTED' THEN '{SETTLED,REFUNDED,RETURNED}'
        WHEN 'RETURNED' THEN '{SETTLED,REFUNDED,DISPUTED}'
        WHEN 'REFUNDED' THEN '{SETTLED,RETURNED,DISPUTED}'
        ELSE '{}' END)
$$;

-- Where a step of the timeline may change no state: money that lay in suspense is assigned to a wallet. STAYS of payments/states.py.
CREATE OR REPLACE FUNCTION payments_may_stay(p_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_status IN ('SETTLED', 'DISPUTED', 'RETURNED', 'REFUNDED', 'FAILED')
$$;

CREATE OR REPLACE FUNCTION payments_payment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.target_wallet_id, NEW.external_account_id, NEW.mandate_id, NEW.original_id,
        NEW.kind, NEW.rail, NEW.direction, NEW.currency, NEW.amount, NEW.fee, NEW.reference, NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.target_wallet_id, OLD.external_account_id, OLD.mandate_id, OLD.original_id,
        OLD.kind, OLD.rail, OLD.direction, OLD.currency, OLD.amount, OLD.fee, OLD.reference, OLD.created_by, OLD.created_at) THEN
        RAISE EXCEPTION 'payment %: who, what and how much are fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    -- Incoming money gets the wallet that it is assigned to out of suspense; a customer who is known stays its customer.
    IF (NEW.customer_id, NEW.wallet_id) IS DISTINCT FROM (OLD.customer_id, OLD.wallet_id)
       AND NOT (OLD.direction = 'IN' AND NEW.moves_made = OLD.moves_made + 1 AND NEW.status = OLD.status
                AND (OLD.customer_id IS NULL OR NEW.customer_id = OLD.customer_id)
                AND EXISTS (SELECT FROM payments_suspenseitem s WHERE s.payment_id = OLD.id AND s.state = 'ASSIGNED' AND s.wallet_id = NEW.wallet_id)) THEN
        RAISE EXCEPTION 'payment %: its wallet and customer are fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.released_by <> '' AND NEW.released_by <> OLD.released_by) OR (OLD.approved_by <> '' AND NEW.approved_by <> OLD.approved_by)
       OR (OLD.status = 'REVIEW' AND NEW.status = 'APPROVAL' AND NEW.released_by = '') THEN
        RAISE EXCEPTION 'payment %: who released and who approved it is said once, of what was in review always', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.trace <> '' AND NEW.trace <> OLD.trace) OR (OLD.hold_id IS NOT NULL AND NEW.hold_id IS DISTINCT FROM OLD.hold_id)
       OR (OLD.counted_on IS NOT NULL AND NEW.counted_on IS DISTINCT FROM OLD.counted_on) THEN
        RAISE EXCEPTION 'payment %: its trace, its hold and the day of its limits are given once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.moves_made <> OLD.moves_made AND (NEW.moves_made <> OLD.moves_made + 1
          OR NOT (payments_may_move(OLD.status, NEW.status) OR NEW.status = OLD.status AND payments_may_stay(OLD.status)))
       OR NEW.moves_made = OLD.moves_made AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION 'payment %: % cannot become %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payment_is_guarded BEFORE UPDATE ON payments_payment FOR EACH ROW EXECUTE FUNCTION payments_payment_guard();

-- At commit: the timeline ends where the payment stands.
CREATE OR REPLACE FUNCTION payments_check_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payments_payment p JOIN payments_move m ON m.payment_id = p.id AND m.ordinal = p.moves_made
                    WHERE p.id = NEW.id AND m.went_to = p.status) THEN
        RAISE EXCEPTION 'the timeline of payment % does not lead to where it stands', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS payment_has_its_moves ON payments_payment;
CREATE CONSTRAINT TRIGGER payment_has_its_moves AFTER INSERT OR UPDATE OF status, moves_made ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_moves();

CREATE OR REPLACE FUNCTION payments_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never removed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER payment_stays BEFORE DELETE OR TRUNCATE ON payments_payment FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();
CREATE OR REPLACE TRIGGER batch_stays BEFORE DELETE OR TRUNCATE ON payments_batch FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse_removal();

-- A file, once built, is what it is; what was delivered is not built again.
CREATE OR REPLACE FUNCTION payments_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.rail, NEW.direction, NEW.currency, NEW.number, NEW.count, NEW.total, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.rail, OLD.direction, OLD.currency, OLD.number, OLD.count, OLD.total, OLD.created_at)
       OR (OLD.digest <> '' AND NEW.digest <> OLD.digest)
       OR (OLD.built_by <> '' AND NEW.built_by <> OLD.built_by) OR (OLD.released_by <> '' AND NEW.released_by <> OLD.released_by) THEN
        RAISE EXCEPTION 'batch %: what was gathered, built and released is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND NOT NEW.status = ANY (CASE OLD.status
        WHEN 'GATHERED' THEN '{BUILT,CANCELED}'::text[]
        WHEN 'BUILT' THEN '{RELEASED,CANCELED}'
        WHEN 'RELEASED' THEN '{DELIVERED}'
        WHEN 'DELIVERED' THEN '{ACKNOWLEDGED,REJECTED}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'batch %: % cannot become %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER batch_is_guarded BEFORE UPDATE ON payments_batch FOR EACH ROW EXECUTE FUNCTION payments_batch_guard();

-- Numbers of files and traces: gaps are allowed, repetitions are not.
CREATE SEQUENCE IF NOT EXISTS payments_file_number AS bigint;
CREATE SEQUENCE IF NOT EXISTS payments_trace_number AS bigint MAXVALUE 9999999 CYCLE;

-- Books that were opened before payments came get the line of what is on its way in.
INSERT INTO ledger_chartline (book_id, code, name, type, normal_side, cash_flow)
SELECT b.id, '2020', 'Incoming payments not there yet', 'LIABILITY', 'CREDIT', 'OPERATING'
  FROM ledger_book b WHERE NOT EXISTS (SELECT FROM ledger_chartline l WHERE l.book_id = b.id AND l.code = '2020');

-- Files and messages name people. In their time they are emptied (accounts/services/papers.py): what they said and nothing else, not while
-- something waits for it, and it never comes back.
CREATE OR REPLACE FUNCTION payments_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.rail, NEW.direction, NEW.currency, NEW.number, NEW.count, NEW.total, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.partner_id, OLD.rail, OLD.direction, OLD.currency, OLD.number, OLD.count, OLD.total, OLD.created_at)
       OR (OLD.digest <> '' AND NEW.digest <> OLD.digest)
       OR (OLD.digest <> '' AND OLD.sealed IS NULL AND NEW.sealed IS NOT NULL)
       OR (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL
           AND (NEW.status <> OLD.status OR OLD.status NOT IN ('DELIVERED', 'ACKNOWLEDGED', 'REJECTED', 'CANCELED')))
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

CREATE OR REPLACE FUNCTION payments_inbound_file_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.sealed IS NULL THEN
            RAISE EXCEPTION 'inbound file %: it comes with its content', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.name, NEW.format, NEW.digest, NEW.size, NEW.written_on, NEW.count, NEW.received_by, NEW.received_at)
       IS DISTINCT FROM
       (OLD.id, OLD.name, OLD.format, OLD.digest, OLD.size, OLD.written_on, OLD.count, OLD.received_by, OLD.received_at)
       OR (OLD.sealed IS NULL AND NEW.sealed IS NOT NULL)
       OR (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL AND EXISTS (
           SELECT FROM payments_inbounditem i WHERE i.file_id = OLD.id AND i.state IN ('PENDING', 'UNMATCHED', 'REFUSED'))) THEN
        RAISE EXCEPTION 'inbound file %: what was received is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER inbound_file_is_guarded BEFORE INSERT OR UPDATE ON payments_inboundfile
    FOR EACH ROW EXECUTE FUNCTION payments_inbound_file_guard();

-- A message about the payment of a customer goes with that customer's data; one about nobody who is known, once it is done with.
CREATE OR REPLACE FUNCTION payments_recall_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.partner_id, NEW.payment_id, NEW.direction, NEW.reason_code, NEW.case_id, NEW.currency, NEW.amount, NEW.item_id,
        NEW.created_by, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.partner_id, OLD.payment_id, OLD.direction, OLD.reason_code, OLD.case_id, OLD.currency, OLD.amount, OLD.item_id,
        OLD.created_by, OLD.created_at)
       OR (OLD.digest <> '' AND NEW.digest <> OLD.digest) OR (OLD.digest = '' AND NEW.digest <> '' AND NEW.sealed IS NULL)
       OR (OLD.digest <> '' AND OLD.sealed IS NULL AND NEW.sealed IS NOT NULL)
       OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
       OR (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL AND NOT EXISTS (
           SELECT FROM payments_payment p WHERE p.id = OLD.payment_id AND (payments_is_erased(p.customer_id)
               OR p.customer_id IS NULL AND OLD.ended_at IS NOT NULL AND OLD.delivered_at IS NOT NULL AND NEW.state = OLD.state))) THEN
        RAISE EXCEPTION 'recall %: what was asked and sent is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT NEW.state = ANY (CASE OLD.state
        WHEN 'REQUESTED' THEN '{SENT,ACCEPTED}'::text[]
        WHEN 'SENT' THEN '{ACCEPTED,REFUSED,LAPSED}'
        WHEN 'RECEIVED' THEN '{ACCEPTED,REFUSED}'
        WHEN 'LAPSED' THEN '{ACCEPTED,REFUSED}'
        WHEN 'REFUSED' THEN '{ACCEPTED}'
        ELSE '{}' END) THEN
        RAISE EXCEPTION 'recall %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

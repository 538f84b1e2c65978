-- What a rule says never changes, and it goes the way of flowlet.rules.states.RULE_MOVES; rerunnable.
CREATE OR REPLACE FUNCTION flowlet_rules_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP NOT IN ('INSERT', 'UPDATE') THEN
        RAISE EXCEPTION 'rules are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'DRAFT' OR NEW.checker_id IS NOT NULL THEN
            RAISE EXCEPTION 'rule %: begins as a draft', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.rule_set_id, OLD.name, OLD.number, OLD.title, OLD.note, OLD.condition, OLD.effect, OLD.digest, OLD.maker_kind,
        OLD.maker_id, OLD.maker_label, OLD.created_at)
       IS DISTINCT FROM
       (NEW.id, NEW.rule_set_id, NEW.name, NEW.number, NEW.title, NEW.note, NEW.condition, NEW.effect, NEW.digest, NEW.maker_kind,
        NEW.maker_id, NEW.maker_label, NEW.created_at) THEN
        RAISE EXCEPTION 'rule %: what a version says never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('DRAFT', 'BACKTESTED'), ('DRAFT', 'RETIRED'), ('BACKTESTED', 'SHADOW'),
        ('BACKTESTED', 'RETIRED'), ('SHADOW', 'LIVE'), ('SHADOW', 'RETIRED'), ('LIVE', 'RETIRED')) THEN
        RAISE EXCEPTION 'rule %: % does not become %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'BACKTESTED' AND NOT EXISTS (SELECT FROM flowlet_rules_backtest WHERE version_id = NEW.id) THEN
        RAISE EXCEPTION 'rule %: has no backtest', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.checker_kind, OLD.checker_id, OLD.checker_label) IS DISTINCT FROM (NEW.checker_kind, NEW.checker_id, NEW.checker_label)
       AND NEW.status <> 'LIVE' THEN
        RAISE EXCEPTION 'rule %: who released it never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS rule_version_says_what_it_said ON flowlet_rules_ruleversion;
CREATE TRIGGER rule_version_says_what_it_said BEFORE INSERT OR UPDATE OR DELETE ON flowlet_rules_ruleversion
    FOR EACH ROW EXECUTE FUNCTION flowlet_rules_guard();
DROP TRIGGER IF EXISTS rule_version_is_kept ON flowlet_rules_ruleversion;
CREATE TRIGGER rule_version_is_kept BEFORE TRUNCATE ON flowlet_rules_ruleversion
    FOR EACH STATEMENT EXECUTE FUNCTION flowlet_rules_guard();

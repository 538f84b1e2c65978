-- The public form of a key (flowlet/core/ids.py): the prefix and Crockford's base32 of the 128 bits, 26 digits. For checks and reports.
CREATE FUNCTION wallets_public_id(p_prefix text, p_key uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_prefix || '_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits FROM 5 * n + 1 FOR 5)::bit(5)::int + 1, 1), '' ORDER BY n)
      FROM (SELECT (B'00' || ('x' || replace(p_key::text, '-', ''))::bit(128))::bit(130) AS bits) b, generate_series(0, 25) AS n
$$;

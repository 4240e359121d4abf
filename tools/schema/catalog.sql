-- What a PostgreSQL database holds, as one JSON value. Reads the catalog only.
WITH spaces AS (
    SELECT oid, nspname FROM pg_namespace
     WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
), relations AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition
      FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace
     WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT json_build_object(
    'tables', (SELECT coalesce(json_agg(json_build_object(
        'name', r.relname, 'namespace', r.nspname,
        'partitioned', r.relkind = 'p', 'partition', r.relispartition,
        'comment', obj_description(r.oid, 'pg_class'),
        'columns', (SELECT coalesce(json_agg(json_build_object(
            'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
            'nullable', NOT a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
            'default', pg_get_expr(d.adbin, d.adrelid),
            'comment', col_description(r.oid, a.attnum)) ORDER BY a.attnum), '[]')
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
        'constraints', (SELECT coalesce(json_agg(json_build_object(
            'name', k.conname, 'kind', k.contype, 'definition', pg_get_constraintdef(k.oid),
            'expression', pg_get_expr(k.conbin, k.conrelid),
            'columns', (SELECT json_agg(a.attname ORDER BY p.n)
                          FROM unnest(k.conkey) WITH ORDINALITY AS p(attnum, n)
                          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum),
            'target', (SELECT json_build_array(tn.nspname, t.relname) FROM pg_class t
                         JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE t.oid = k.confrelid),
            'references', (SELECT json_agg(a.attname ORDER BY p.n)
                             FROM unnest(k.confkey) WITH ORDINALITY AS p(attnum, n)
                             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.attnum),
            'on_delete', k.confdeltype, 'on_update', k.confupdtype) ORDER BY k.conname), '[]')
          FROM pg_constraint k WHERE k.conrelid = r.oid AND k.contype <> 't'),
        'indexes', (SELECT coalesce(json_agg(json_build_object(
            'name', i.relname, 'method', m.amname, 'unique', x.indisunique,
            'definition', pg_get_indexdef(x.indexrelid),
            'where', pg_get_expr(x.indpred, x.indrelid),
            'keys', (SELECT json_agg(pg_get_indexdef(x.indexrelid, n::int, true) ORDER BY n)
                       FROM generate_series(1, x.indnkeyatts) n)) ORDER BY i.relname), '[]')
          FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
         WHERE x.indrelid = r.oid
           AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid
                            AND k.contype IN ('p', 'u', 'x')))
        ) ORDER BY r.nspname, r.relname), '[]')
      FROM relations r WHERE r.relkind IN ('r', 'p')),
    'enums', (SELECT coalesce(json_agg(json_build_object(
        'name', t.typname, 'namespace', n.nspname, 'comment', obj_description(t.oid, 'pg_type'),
        'values', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
                    WHERE e.enumtypid = t.oid)) ORDER BY n.nspname, t.typname), '[]')
      FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace WHERE t.typtype = 'e'),
    'domains', (SELECT coalesce(json_agg(json_build_object(
        'name', t.typname, 'namespace', n.nspname,
        'type', format_type(t.typbasetype, t.typtypmod), 'nullable', NOT t.typnotnull,
        'default', t.typdefault,
        'checks', (SELECT coalesce(json_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname), '[]')
                     FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
        ORDER BY n.nspname, t.typname), '[]')
      FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace WHERE t.typtype = 'd'),
    'others', (SELECT coalesce(json_agg(json_build_object('what', what, 'name', name)
                                        ORDER BY what, name), '[]')
      FROM (SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
                   nspname || '.' || relname FROM relations WHERE relkind IN ('v', 'm')
            UNION ALL
            SELECT 'trigger', r.nspname || '.' || r.relname || '.' || t.tgname
              FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
            ) AS o(what, name)))

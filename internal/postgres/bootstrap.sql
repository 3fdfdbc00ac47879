-- Run this as an administrator in the database for EchoBlogs. Running it again changes nothing.
-- The roles get no passwords here: set them with ALTER ROLE ... PASSWORD, or psql's \password.

DO $$
DECLARE
    operator_role     text   := {operator};
    portal_role       text   := {portal};
    application_roles text[] := ARRAY[{application}]::text[];
    settings          text[] := ARRAY[{settings}];
    half              int    := current_setting('max_connections')::int / 2;
    program           text;
    setting           text;
BEGIN
    -- No other role may connect, or create temporary tables.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;

    FOREACH program IN ARRAY ARRAY[operator_role, portal_role] || application_roles LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', program);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- created before, or by another program at this moment
        END;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), program);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', program);

        -- Limits of its sessions.
        FOREACH setting IN ARRAY settings LOOP
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET %s = %L',
                program, current_database(), split_part(setting, '=', 1), split_part(setting, '=', 2));
        END LOOP;
        IF (SELECT rolconnlimit FROM pg_roles WHERE rolname = program) <> half THEN
            EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', program, half);
        END IF;
    END LOOP;

    -- The operator creates a schema for each tenant and the tables in public, and grants the other roles access to them.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), operator_role);
    EXECUTE format('GRANT CREATE ON SCHEMA public TO %I', operator_role);

    -- The application names every table with its schema: an unqualified name fails instead of reading another schema.
    FOREACH program IN ARRAY application_roles LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %L', program, current_database(), '');
    END LOOP;
END
$$;

-- No program needs large objects, which no quota counts. Only a superuser or the owner of the functions may revoke this.
DO $$
BEGIN
    REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'large objects can still be created: only a superuser can forbid that';
END
$$;

-- Run this as an administrator in the database for EchoBlogs. Running it again changes nothing.
-- The roles get no passwords here: set them with ALTER ROLE ... PASSWORD, or psql's \password.

DO $$
DECLARE
    program text;
BEGIN
    FOREACH program IN ARRAY ARRAY['echoblogs_operator', 'echoblogs_portal'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', program);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- created before, or by another program at this moment
        END;
    END LOOP;

    -- No other role may connect, or create temporary tables.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO echoblogs_operator, echoblogs_portal', current_database());
    -- The operator creates a schema for each tenant.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO echoblogs_operator', current_database());
END
$$;

-- The operator creates the tables in public, and grants the other roles access to them.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO echoblogs_operator;
GRANT USAGE ON SCHEMA public TO echoblogs_portal;

-- No program needs large objects, which no quota counts. Only a superuser or the owner of the functions may revoke this.
DO $$
BEGIN
    REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'large objects can still be created: only a superuser can forbid that';
END
$$;

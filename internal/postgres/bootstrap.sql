-- Run by an administrator, in the database that EchoBlogs is to use. Running it again changes nothing.
-- The roles get no passwords here: set them with ALTER ROLE ... PASSWORD, or psql's \password.

DO $$
DECLARE
    program text;
BEGIN
    FOREACH program IN ARRAY ARRAY['echoblogs_operator', 'echoblogs_blog', 'echoblogs_portal'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', program);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- made before, or by another program at this moment
        END;
    END LOOP;

    -- Nobody else may connect, or make temporary tables.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO echoblogs_operator, echoblogs_blog, echoblogs_portal', current_database());
    -- The operator makes a schema for each tenant.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO echoblogs_operator', current_database());
    -- The blog names every table with its schema: an unqualified name fails rather than reads elsewhere.
    EXECUTE format('ALTER ROLE echoblogs_blog IN DATABASE %I SET search_path = ''''', current_database());
END
$$;

-- The operator makes the registry's tables; the others read what it grants them.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO echoblogs_operator;
GRANT USAGE ON SCHEMA public TO echoblogs_blog, echoblogs_portal;


-- The role of the blog.

DO $$
BEGIN
    BEGIN
        CREATE ROLE echoblogs_blog LOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- created before, or by another program at this moment
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO echoblogs_blog', current_database());
    -- The blog names every table with its schema: an unqualified name fails instead of reading another schema.
    EXECUTE format('ALTER ROLE echoblogs_blog IN DATABASE %I SET search_path = ''''', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO echoblogs_blog;

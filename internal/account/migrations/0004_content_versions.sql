-- What the blog has in memory of a tenant is right as long as its content has the version that it was read after.

CREATE TABLE public.content_versions (
    tenant_id  bigint PRIMARY KEY REFERENCES public.tenants (id) ON DELETE CASCADE,
    version    bigint NOT NULL,
    changed_at timestamptz NOT NULL
);
-- Replicas read what changed in the last minute, every two seconds.
CREATE INDEX content_versions_changed_at_idx ON public.content_versions (changed_at);

-- The registry: which tenants there are, in which schemas, at which hosts. The operator is the only one that writes here.

-- One row: the Platform that this database serves. Another one that points here is refused.
CREATE TABLE public.installation (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    platform_namespace text NOT NULL,
    platform_name      text NOT NULL,
    public_url         text NOT NULL,
    -- Blogs that people register are at NAME.domain.
    domain             text NOT NULL,
    -- Who may register there: Open, Invite or Closed.
    registration       text NOT NULL,
    -- Where people reach those who run the site, a mailto or an https address. Empty: nowhere.
    contact            text NOT NULL,
    created_at         timestamptz NOT NULL
);

CREATE TABLE public.tenants (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                text NOT NULL,
    schema_name         text NOT NULL,
    -- live: as its Tenant says. tombstone: deleted, data kept, names still taken. superseded: as tombstone, but
    -- another tenant has the names. released: deleted, data gone, names held for a minute.
    state               text NOT NULL CHECK (state IN ('live', 'tombstone', 'superseded', 'released')),
    schema_version      integer NOT NULL,
    display_name        text NOT NULL,
    -- The user who may write there. Empty: nobody.
    owner               text NOT NULL DEFAULT '',
    paid_until          date NOT NULL,
    -- From this moment on readers get 402; -infinity when suspended by hand.
    suspend_at          timestamptz NOT NULL,
    -- Limits in force; null: none.
    max_posts           bigint,
    max_storage_bytes   bigint,
    requests_per_second integer,
    created_at          timestamptz NOT NULL,
    -- Set by every statement that changes the row or its domains: the blog reads what changed lately.
    updated_at          timestamptz NOT NULL,
    -- When the tenant was deleted.
    released_at         timestamptz,
    -- The schema's name while it is a tombstone, and when it is to be dropped.
    tombstone_schema    text,
    purge_at            timestamptz
);
CREATE UNIQUE INDEX tenants_name_key ON public.tenants (name) WHERE state <> 'superseded';
CREATE UNIQUE INDEX tenants_schema_name_key ON public.tenants (schema_name) WHERE state <> 'superseded';
CREATE INDEX tenants_updated_at_idx ON public.tenants (updated_at);
CREATE INDEX tenants_owner_idx ON public.tenants (owner) WHERE owner <> '';

CREATE TABLE public.domains (
    host        text PRIMARY KEY,
    -- null: a host of the public site, which no tenant can take.
    tenant_id   bigint REFERENCES public.tenants (id) ON DELETE CASCADE,
    is_primary  boolean NOT NULL,
    -- When a live tenant gave the host up; it is held for a minute before another may have it.
    released_at timestamptz
);
CREATE UNIQUE INDEX domains_primary_key ON public.domains (tenant_id) WHERE is_primary;
CREATE INDEX domains_tenant_id_idx ON public.domains (tenant_id);

-- What the Tenants of tombstones said, for who makes them again. It is apart from the rows that the blog reads, because
-- it holds addresses of owners.
CREATE TABLE public.tombstones (
    tenant_id bigint PRIMARY KEY REFERENCES public.tenants (id) ON DELETE CASCADE,
    -- The spec of the Tenant, as it was deleted.
    spec      jsonb NOT NULL
);

GRANT SELECT ON public.installation, public.tenants, public.domains TO echoblogs_blog, echoblogs_portal;
GRANT SELECT ON public.tombstones TO echoblogs_portal;

-- The registry: which tenants exist, in which schemas and at which hosts. Only the operator writes here.

-- One row: the Platform that this database serves. The operator refuses to serve another one. Every transaction of the
-- operator locks this table in ROW SHARE mode and reads the row before it writes.
CREATE TABLE public.installation (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Random: part of what the records that prove custom domains are derived from.
    id                 uuid NOT NULL,
    platform_namespace text NOT NULL,
    platform_name      text NOT NULL,
    -- The UID of that namespace, which no other cluster has, unless its etcd is a copy, and no later namespace of that name.
    namespace_uid      text NOT NULL,
    public_url         text NOT NULL,
    -- People sign up for sites at NAME.domain.
    domain             text NOT NULL,
    -- Whether people can sign up, and whether they need a registration code for that.
    sign_up            boolean NOT NULL,
    code_required      boolean NOT NULL,
    -- How to reach support: a mailto or an https URL. Empty: unknown.
    contact            text NOT NULL,
    created_at         timestamptz NOT NULL
);

CREATE TABLE public.tenants (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name                text NOT NULL,
    -- The UID of its Tenant: a later Tenant of that name does not get the data unless an administrator allows it.
    uid                 text NOT NULL DEFAULT '',
    schema_name         text NOT NULL,
    -- live: its Tenant exists. tombstone: deleted, data retained, names still taken. superseded: a tombstone whose names
    -- belong to another tenant. released: deleted with its data, names held for a minute.
    state               text NOT NULL CHECK (state IN ('live', 'tombstone', 'superseded', 'released')),
    -- Opaque: the application decides what versions look like and how they are ordered.
    schema_version      text NOT NULL,
    display_name        text NOT NULL,
    -- The user who may write there. Empty: none.
    owner               text NOT NULL DEFAULT '',
    paid_until          date NOT NULL,
    -- Whether the Tenant's spec has that date. Otherwise it was computed once.
    paid_until_in_spec  boolean NOT NULL DEFAULT false,
    -- From this moment on the tenant is suspended; -infinity when suspended manually.
    suspend_at          timestamptz NOT NULL,
    -- Why it was suspended manually, for its readers. Empty: none is given.
    suspension_reason   text NOT NULL DEFAULT '',
    -- Former primary hosts that redirect to the present one, as [{"host": ..., "until": ...}]. A tenant that claims such a host
    -- gets it.
    redirects           jsonb NOT NULL DEFAULT '[]',
    -- Limits in force; null: unlimited.
    max_posts           bigint,
    max_storage_bytes   bigint,
    requests_per_second integer,
    created_at          timestamptz NOT NULL,
    -- Set by every statement that changes the row or its domains: directories read recent changes.
    updated_at          timestamptz NOT NULL,
    -- When a cancelled deletion removed its Tenant, which is created again. null: it was not.
    kept_at             timestamptz,
    -- When the tenant was deleted.
    released_at         timestamptz,
    -- The schema's name while it is a tombstone, and when it is dropped.
    tombstone_schema    text,
    purge_at            timestamptz
);
CREATE UNIQUE INDEX tenants_name_key ON public.tenants (name) WHERE state <> 'superseded';
CREATE UNIQUE INDEX tenants_schema_name_key ON public.tenants (schema_name) WHERE state <> 'superseded';
CREATE INDEX tenants_updated_at_idx ON public.tenants (updated_at);
CREATE INDEX tenants_owner_idx ON public.tenants (owner) WHERE owner <> '';
-- Few rows are of tenants that were deleted: these indexes find them without reading those of live tenants.
CREATE INDEX tenants_released_at_idx ON public.tenants (released_at) WHERE released_at IS NOT NULL;
CREATE INDEX tenants_purge_at_idx ON public.tenants (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX tenants_tombstone_name_idx ON public.tenants (name) WHERE tombstone_schema IS NOT NULL;
CREATE UNIQUE INDEX tenants_tombstone_schema_key ON public.tenants (tombstone_schema) WHERE tombstone_schema IS NOT NULL;

CREATE TABLE public.domains (
    host           text PRIMARY KEY,
    -- null: a host of the public site, which no tenant can claim.
    tenant_id      bigint REFERENCES public.tenants (id) ON DELETE CASCADE,
    is_primary     boolean NOT NULL,
    -- When a live tenant released the host; it is held for a minute before another may claim it.
    released_at    timestamptz,
    -- Why a tenant may have a custom domain. none: it has not proved it, and another that does takes it over. listed: the
    -- Platform lists it. dns: its TXT record was seen.
    proof          text NOT NULL DEFAULT 'none' CHECK (proof IN ('none', 'listed', 'dns')),
    -- When DNS last said whether the record exists.
    checked_at     timestamptz,
    -- Since when the record is absent. Rows that were released for this are kept for a while, so that their tenants learn it.
    absent_since   timestamptz,
    -- The tenant that has proved a host and takes it over, while the host is held.
    next_tenant_id bigint
);
CREATE UNIQUE INDEX domains_primary_key ON public.domains (tenant_id) WHERE is_primary;
CREATE INDEX domains_tenant_id_idx ON public.domains (tenant_id);
CREATE INDEX domains_released_at_idx ON public.domains (released_at) WHERE released_at IS NOT NULL;
CREATE INDEX domains_absent_since_idx ON public.domains (absent_since) WHERE absent_since IS NOT NULL;

-- The Tenant objects of live rows and of tombstones, to create them again. They are not in the rows that the application
-- reads, because specs contain addresses of owners.
CREATE TABLE public.tenant_objects (
    tenant_id bigint PRIMARY KEY REFERENCES public.tenants (id) ON DELETE CASCADE,
    -- Identifies the object: a reconcile reads only this.
    digest    text NOT NULL,
    -- Spec, labels, annotations and field managers. Not jsonb, which refuses a string with \u0000; an annotation may have it.
    object    json NOT NULL
);

-- The deletions of the last hour that count in the deletion brake. They are numbered without gaps.
CREATE TABLE public.counted_deletions (
    number     bigint PRIMARY KEY,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX counted_deletions_deleted_at_idx ON public.counted_deletions (deleted_at);

-- One row, which a transaction updates before it counts a deletion.
CREATE TABLE public.deletion_counter (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- The number of the latest deletion.
    latest   bigint NOT NULL,
    -- The number and the time of the first one of the hour, when that was looked up.
    first    bigint NOT NULL,
    first_at timestamptz NOT NULL
);
INSERT INTO public.deletion_counter (latest, first, first_at) VALUES (0, 1, '-infinity');

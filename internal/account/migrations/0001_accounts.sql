-- Accounts. Only the portal writes here, except for the blog, which redeems login codes. Secrets in cookies and emails are
-- stored as SHA-256 hashes.

CREATE TABLE public.users (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Also the name of the Tenant that the sign-up creates.
    username       text NOT NULL UNIQUE,
    email          text NOT NULL,
    -- The address in lower case, for comparisons.
    email_key      text NOT NULL UNIQUE,
    -- argon2id, in the PHC string format.
    password_hash  text NOT NULL,
    role           text NOT NULL CHECK (role IN ('author', 'staff')),
    -- registering: the blog is not live yet, and the user cannot log in. locked: staff have locked the account.
    state          text NOT NULL CHECK (state IN ('registering', 'active', 'locked')),
    created_at     timestamptz NOT NULL,
    -- When the address was confirmed; null: not yet.
    confirmed_at   timestamptz,
    -- Since when the user has no blog, live or retained; null: they have one, or may have.
    orphaned_since timestamptz
);
CREATE INDEX users_orphaned_idx ON public.users (orphaned_since) WHERE orphaned_since IS NOT NULL;
CREATE INDEX users_unconfirmed_idx ON public.users (created_at) WHERE confirmed_at IS NULL;

-- Codes that people need to sign up if the Platform requires them (spec.registration: Invite).
CREATE TABLE public.registration_codes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code_hash  bytea NOT NULL UNIQUE,
    -- For staff, to tell codes apart.
    note       text NOT NULL,
    uses_left  integer NOT NULL CHECK (uses_left >= 0),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Sign-ups. One ends as live or failed, and is then kept for a day for the browser that waits.
CREATE TABLE public.registrations (
    -- Also in an annotation of the Tenant, which marks the Tenant as this registration's.
    id            uuid PRIMARY KEY,
    user_id       bigint UNIQUE REFERENCES public.users (id) ON DELETE SET NULL,
    username      text NOT NULL,
    -- The documentation of package signup lists the transitions.
    state         text NOT NULL CHECK (state IN ('confirming', 'provisioning', 'live', 'rolling_back', 'failed')),
    -- The token is in a cookie of the browser that signed up.
    token_hash    bytea NOT NULL UNIQUE,
    -- Why it is being or was rolled back, such as name_taken; empty: neither.
    failure       text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- The end of the lease of the replica that processes it.
    leased_until  timestamptz NOT NULL,
    -- The code that it has used once, refunded if it fails.
    code_id       bigint REFERENCES public.registration_codes (id) ON DELETE SET NULL
);
CREATE INDEX registrations_updated_at_idx ON public.registrations (updated_at);
CREATE INDEX registrations_code_id_idx ON public.registrations (code_id);
CREATE INDEX registrations_username_idx ON public.registrations (username);
CREATE INDEX registrations_under_way_idx ON public.registrations (leased_until) WHERE state IN ('confirming', 'provisioning', 'rolling_back');

CREATE TABLE public.sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id    bigint NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Shown to users, so that they recognize their sessions.
    address    text NOT NULL,
    user_agent text NOT NULL
);
CREATE INDEX sessions_user_id_idx ON public.sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON public.sessions (expires_at);

-- Browsers that have logged in to an account. They are exempt from the limits on logins and resets that others may exhaust.
CREATE TABLE public.known_browsers (
    -- The ID is in a cookie of the browser. It logs nobody in.
    id_hash    bytea NOT NULL,
    user_id    bigint NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (id_hash, user_id)
);
CREATE INDEX known_browsers_user_id_idx ON public.known_browsers (user_id);
CREATE INDEX known_browsers_expires_at_idx ON public.known_browsers (expires_at);

-- Codes with which the public site logs an owner in to a blog: valid once, for a minute, in the browser that requested it.
CREATE TABLE public.login_codes (
    code_hash  bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
    tenant_id  bigint NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    username   text NOT NULL,
    host       text NOT NULL,
    -- BASE64URL(SHA256(verifier)), as in RFC 7636 section 4.2.
    challenge  text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX login_codes_session_id_idx ON public.login_codes (session_id);
CREATE INDEX login_codes_tenant_id_idx ON public.login_codes (tenant_id);

-- Ends with the session of the public site that it came from.
CREATE TABLE public.blog_sessions (
    token_hash bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
    tenant_id  bigint NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    username   text NOT NULL,
    host       text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX blog_sessions_session_id_idx ON public.blog_sessions (session_id);
CREATE INDEX blog_sessions_tenant_id_idx ON public.blog_sessions (tenant_id);

-- Deletions of blogs that their owners requested: they can undo them while the data is retained.
CREATE TABLE public.owner_deletions (
    -- The UID of the Tenant, in public.tenants. A restored Tenant has another, so that a later deletion needs another row.
    uid        text PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX owner_deletions_user_id_idx ON public.owner_deletions (user_id);
CREATE INDEX owner_deletions_deleted_at_idx ON public.owner_deletions (deleted_at);

-- When a tenant's first post was saved: accounts with posts are kept even if their address is not confirmed.
CREATE TABLE public.first_posts (
    tenant_id bigint PRIMARY KEY REFERENCES public.tenants (id) ON DELETE CASCADE,
    at        timestamptz NOT NULL
);

-- Tokens that were sent by email or printed by a command. Each works once.
CREATE TABLE public.mail_tokens (
    token_hash bytea PRIMARY KEY,
    purpose    text NOT NULL CHECK (purpose IN ('confirm', 'reset', 'invite')),
    -- The user whose address or password it is for; null: it invites the owner of a Tenant, who has no account.
    user_id    bigint REFERENCES public.users (id) ON DELETE CASCADE,
    tenant     text NOT NULL,
    -- The owner in the Tenant when the token was created: it does not invite a later owner.
    username   text NOT NULL,
    email      text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX mail_tokens_user_id_idx ON public.mail_tokens (user_id);

-- Messages to be sent, such as emails. Links with secrets are generated when an email is sent, and are not stored.
CREATE TABLE public.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Selects the consumer, such as mail.reset.
    kind       text NOT NULL,
    -- What the message is about, for queries that look for it: for mail.invite the user name. Often empty.
    subject    text NOT NULL,
    -- The user whom it is about; null: none.
    user_id    bigint REFERENCES public.users (id) ON DELETE CASCADE,
    payload    jsonb NOT NULL,
    attempts   integer NOT NULL,
    -- When it is due; while it is being delivered, the end of the lease.
    next_at    timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX outbox_next_at_idx ON public.outbox (next_at);
CREATE INDEX outbox_user_id_idx ON public.outbox (user_id);

-- The notices that were sent to the owners of tenants: each is sent once for each date that it is about.
CREATE TABLE public.notices (
    tenant  text NOT NULL,
    kind    text NOT NULL,
    about   date NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, kind, about)
);

-- Rate limits: recent attempts by network address or account, counted across replicas.
CREATE TABLE public.attempts (
    kind          text NOT NULL,
    subject       text NOT NULL,
    count         integer NOT NULL,
    began_at      timestamptz NOT NULL,
    refused_until timestamptz NOT NULL,
    -- When the row no longer matters and is deleted.
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX attempts_expires_at_idx ON public.attempts (expires_at);

-- The last form of each browser with its answer, for further clicks on the same button.
CREATE TABLE public.form_answers (
    -- Of the random ID of the browser.
    browser_hash bytea PRIMARY KEY,
    -- Of the form and the ID.
    form_hash    bytea NOT NULL,
    -- Encrypted with a key that is derived from the form and the ID; null: the form is being processed.
    answer       bytea,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX form_answers_expires_at_idx ON public.form_answers (expires_at);

-- The audit log. It is append-only.
CREATE TABLE public.audit (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    action   text NOT NULL,
    tenant   text NOT NULL,
    username text NOT NULL,
    detail   text NOT NULL
);
CREATE INDEX audit_tenant_idx ON public.audit (tenant, id DESC);
CREATE INDEX audit_username_idx ON public.audit (username, id DESC);

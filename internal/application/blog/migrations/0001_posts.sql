-- A tenant's blog. The runner sets search_path to the tenant's schema, so names here are not qualified.

CREATE TABLE posts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug         text NOT NULL UNIQUE,
    title        text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    author       text NOT NULL,
    -- As written, in Markdown.
    content      text NOT NULL,
    -- The content as sanitized HTML, and its beginning as plain text: rendered when written, not when read.
    html         text NOT NULL,
    summary      text NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    -- null: a draft.
    published_at timestamptz,
    -- The date that a draft keeps, because it was published before or its author gave it. null: none.
    draft_date   timestamptz
);
CREATE INDEX posts_published_at_idx ON posts (published_at DESC, id DESC) WHERE published_at IS NOT NULL;

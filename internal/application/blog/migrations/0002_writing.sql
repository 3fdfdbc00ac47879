-- What a blog needs for writing: fields of posts, revisions, media and settings. The former version of the blog keeps reading and
-- writing posts: it names its columns, and those that it does not know have defaults.
--
-- A tenant has 26 rows of pg_class (at most 30; TestCatalogRowsOfATenant):
--   posts         10: table, TOAST table and its index, sequence of id, primary key, unique slug, index by date,
--                     and from here on: list, set apart, keys
--   revisions      4: table, TOAST table and its index, primary key. It also finds the revisions of a post, the newest first
--   media          4: table, TOAST table and its index, primary key
--   media_chunks   4: table, TOAST table and its index, primary key. A table of its own, so that lists of media do not read
--                     past the data
--   settings       4: table, TOAST table and its index, primary key. Citus requires the key

-- A note has no title.
ALTER TABLE posts DROP CONSTRAINT posts_title_check;
ALTER TABLE posts ADD CONSTRAINT posts_title_check CHECK (char_length(title) <= 255);

-- Text of at most 1 MB per tsvector: 100,000 characters are at most 800 kB of lexemes. It is added first, because it rewrites the
-- table and its indexes.
ALTER TABLE posts ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || left(content, 100000))) STORED;

ALTER TABLE posts ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
-- Slugs that redirect to this post. No other post can have one.
ALTER TABLE posts ADD COLUMN old_slugs text[] NOT NULL DEFAULT '{}';

-- As the author gives them. Empty: none, or found in the text.
ALTER TABLE posts ADD COLUMN excerpt text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN description text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN canonical_url text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN cover text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN cover_alt text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN language text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN link text NOT NULL DEFAULT '';

-- What pages say of the post: as the author gives it, or as it was found in the text when that was rendered. Empty: unknown, also
-- until a post of the former version is saved again.
ALTER TABLE posts ADD COLUMN html_language text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN html_direction text NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN html_link text NOT NULL DEFAULT '';

-- null: a post. Otherwise a page, by its order in the navigation.
ALTER TABLE posts ADD COLUMN page_position int;
-- null: not pinned. Otherwise since when.
ALTER TABLE posts ADD COLUMN pinned_at timestamptz;
-- From when readers who know the address see the post, which is in no list. published_at is null then; otherwise that decides.
ALTER TABLE posts ADD COLUMN unlisted_at timestamptz;
-- Whether a draft is to be unlisted when it is published.
ALTER TABLE posts ADD COLUMN draft_unlisted boolean NOT NULL DEFAULT false;
-- Since when the post is in the trash. published_at and unlisted_at are null then, and draft_date keeps the date; otherwise
-- published_at decides.
ALTER TABLE posts ADD COLUMN deleted_at timestamptz;

-- Changes that readers do not see yet, with their HTML. null: none.
ALTER TABLE posts ADD COLUMN pending jsonb;
-- null: the post is not shared.
ALTER TABLE posts ADD COLUMN share_token text;
-- When the row was last changed, for what is compared before it is changed again: updated_at is when readers saw a change.
-- null, or before updated_at: then.
ALTER TABLE posts ADD COLUMN edited_at timestamptz;
-- Equal to the time of the last change: it was saved by the editor, not by its author.
ALTER TABLE posts ADD COLUMN autosaved_at timestamptz;

-- The order of the list of posts: the pinned ones first. The feed needs the index by date alone.
CREATE INDEX posts_list_idx ON posts (pinned_at DESC NULLS LAST, published_at DESC, id DESC)
    WHERE published_at IS NOT NULL AND page_position IS NULL;
-- The few posts that are in the trash, or pages.
CREATE INDEX posts_set_apart_idx ON posts (deleted_at, page_position)
    WHERE deleted_at IS NOT NULL OR page_position IS NOT NULL;
-- One index instead of three: a GIN index keeps the keys of its columns apart. Without a list of pending entries, which each
-- request for an address without a post would read, and which makes the index four times as large.
CREATE INDEX posts_keys_idx ON posts USING gin (tags, old_slugs, search) WITH (fastupdate = off);

-- What posts were before they were changed.
CREATE TABLE revisions (
    post_id  bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    -- When the post was saved like that.
    saved_at timestamptz NOT NULL,
    document jsonb NOT NULL,
    -- Bytes of the document.
    size     int NOT NULL,
    PRIMARY KEY (post_id, saved_at)
);

CREATE TABLE media (
    -- Random: the address of a file tells nothing and cannot be guessed.
    id           text PRIMARY KEY,
    name         text NOT NULL,
    type         text NOT NULL,
    -- Bytes of the file; until it is complete, what is reserved for it.
    size         bigint NOT NULL,
    -- Of a picture, in pixels. 0: it is none.
    width        int NOT NULL,
    height       int NOT NULL,
    alt          text NOT NULL,
    created_at   timestamptz NOT NULL,
    -- null: the upload has not been completed.
    completed_at timestamptz,
    -- A list of the smaller sizes of a picture, each with its bytes as "size".
    variants     jsonb NOT NULL,
    -- Of the file. Empty until it is complete.
    hash         bytea NOT NULL
);

CREATE TABLE media_chunks (
    media_id text NOT NULL REFERENCES media ON DELETE CASCADE,
    -- The width of a smaller size of a picture. 0 or less: the file itself.
    variant  smallint NOT NULL,
    number   int NOT NULL,
    data     bytea NOT NULL,
    PRIMARY KEY (media_id, variant, number)
);
-- Images are compressed already.
ALTER TABLE media_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE settings (
    -- There is one row.
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    document   jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

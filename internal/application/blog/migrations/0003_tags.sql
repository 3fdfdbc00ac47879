-- Readers list the posts of a tag. Tags that differ in case only are the same tag, so the index has them in lower case: as a tsvector,
-- which can be made of a list by immutable functions alone. The old index is dropped last, because reads of posts wait from then on
-- until the migrations are complete; the former version of the blog uses either.
CREATE INDEX posts_terms_idx ON posts USING gin ((lower(array_to_tsvector(tags)::text)::tsvector), old_slugs, search) WITH (fastupdate = off);
DROP INDEX posts_keys_idx;

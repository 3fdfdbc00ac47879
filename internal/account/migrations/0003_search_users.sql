-- Users are searched by the beginning of their name or address, in any collation of the database.

CREATE INDEX users_username_prefix_idx ON public.users (username text_pattern_ops);
CREATE INDEX users_email_prefix_idx ON public.users (email_key text_pattern_ops);

-- What is deleted or looked up regularly is found without reading what other users have.

CREATE INDEX login_codes_expires_at_idx ON public.login_codes (expires_at);
CREATE INDEX blog_sessions_expires_at_idx ON public.blog_sessions (expires_at);
CREATE INDEX mail_tokens_expires_at_idx ON public.mail_tokens (expires_at);
-- Invitations, by the user name that they are for.
CREATE INDEX mail_tokens_invited_idx ON public.mail_tokens (username) WHERE purpose = 'invite';
CREATE INDEX outbox_invited_idx ON public.outbox (subject) WHERE kind = 'mail.invite';
-- The attempts of an account, alone and with a network or a browser.
CREATE INDEX attempts_account_idx ON public.attempts (split_part(subject, ' ', 1));

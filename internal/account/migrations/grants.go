package migrations

import (
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// grants are the privileges of the public site on its tables. Those of the blog are its application's.
var grants = []application.Grant{
	{Program: postgres.Portal, Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, Tables: []string{
		"users", "registrations", "sessions", "known_browsers", "mail_tokens", "registration_codes", "outbox", "notices", "attempts", "form_answers",
	}},
	{Program: postgres.Portal, Privileges: []string{"SELECT", "INSERT", "DELETE"}, Tables: []string{"login_codes", "owner_deletions"}},
	{Program: postgres.Portal, Privileges: []string{"SELECT", "DELETE"}, Tables: []string{"blog_sessions"}},
	{Program: postgres.Portal, Privileges: []string{"SELECT"}, Tables: []string{"first_posts"}},
	// The audit log is append-only.
	{Program: postgres.Portal, Privileges: []string{"SELECT", "INSERT"}, Tables: []string{"audit"}},
}

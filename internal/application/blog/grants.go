package blog

import "github.com/echoblogs/echoblogs/internal/application"

// grants are the privileges in the schema of each tenant.
var grants = []application.Grant{
	{Program: Program, Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, Tables: []string{"posts", "revisions", "media", "media_chunks", "settings"}},
}

// publicGrants are the privileges on the tables in public.
var publicGrants = []application.Grant{
	{Program: Program, Privileges: []string{"SELECT"}, Tables: []string{"installation", "tenants", "domains"}},
	{Program: Program, Privileges: []string{"SELECT", "DELETE"}, Tables: []string{"login_codes"}},
	{Program: Program, Privileges: []string{"SELECT", "INSERT", "DELETE"}, Tables: []string{"blog_sessions"}},
	{Program: Program, Privileges: []string{"SELECT", "INSERT"}, Tables: []string{"first_posts"}},
	{Program: Program, Privileges: []string{"SELECT", "INSERT", "UPDATE"}, Tables: []string{"content_versions"}},
}

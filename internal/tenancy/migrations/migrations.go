// Package migrations embeds the SQL files that make the public tables and the tables of a tenant. They are forward
// only: a file that has been released is never edited, a change is another file.
package migrations

import "embed"

var (
	// Public holds public/NNNN_name.sql, applied once to a database.
	//go:embed public/*.sql
	Public embed.FS
	// Tenant holds tenant/NNNN_name.sql, applied to the schema of every tenant.
	//go:embed tenant/*.sql
	Tenant embed.FS
)

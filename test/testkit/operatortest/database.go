package operatortest

import (
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
)

// Query returns one value, which it reads with the operator's role.
func Query[T any](p *Platform, sql string, args ...any) T {
	p.T.Helper()
	var value T
	if err := p.Pool.QueryRow(p.T.Context(), sql, args...).Scan(&value); err != nil {
		p.T.Fatalf("%s: %v", sql, err)
	}
	return value
}

// Exec runs a statement with the operator's role.
func (p *Platform) Exec(sql string, args ...any) {
	p.T.Helper()
	if _, err := p.Pool.Exec(p.T.Context(), sql, args...); err != nil {
		p.T.Fatalf("%s: %v", sql, err)
	}
}

// AsAdministrator runs statements as the superuser.
func (p *Platform) AsAdministrator(statements ...string) {
	p.T.Helper()
	connection, err := pgx.Connect(p.T.Context(), p.Database.AdminURI)
	if err != nil {
		p.T.Fatal(err)
	}
	defer connection.Close(p.T.Context())
	for _, sql := range statements {
		if _, err := connection.Exec(p.T.Context(), sql); err != nil {
			p.T.Fatalf("%s: %v", sql, err)
		}
	}
}

// SchemaCount counts the schemas of a name.
const SchemaCount = `SELECT count(*) FROM pg_namespace WHERE nspname = $1`

// WritePost inserts a published post into a schema. Blog shows it, if the Tenant has the same name.
func (p *Platform) WritePost(schema, title string) {
	p.T.Helper()
	err := contentversion.Change(p.T.Context(), p.Pool, schema, func(tx pgx.Tx) error {
		_, err := tx.Exec(p.T.Context(), `INSERT INTO `+schema+`.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at)
			VALUES ('a-post', $1, 'Alice', 'x', '<p>x</p>', 'x', now(), now(), now() - interval '1 hour')`, title)
		return err
	})
	if err != nil {
		p.T.Fatalf("write a post for %s: %v", schema, err)
	}
	if p.Blog != nil {
		p.Blog.Await(p.T.Context(), schema+".example.com")
	}
}

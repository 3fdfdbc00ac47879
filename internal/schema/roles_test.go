package schema_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

func TestRolesMayDoOnlyTheirWork(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(spec("alice"))
	blog, portal := connect(t, d.BlogURI), connect(t, d.PortalURI)
	const denied = "42501" // insufficient_privilege
	for _, refused := range []struct {
		role *pgxpool.Pool
		sql  string
		code string
	}{
		{blog, `INSERT INTO public.tenants DEFAULT VALUES`, denied},
		{blog, `UPDATE public.domains SET host = 'x'`, denied},
		{blog, `SELECT FROM public.schema_migrations`, denied},
		{blog, `CREATE SCHEMA mine`, denied},
		{blog, `CREATE TABLE public.mine (id int)`, denied},
		{blog, `CREATE TABLE alice.mine (id int)`, denied},
		{blog, `CREATE TEMPORARY TABLE mine (id int)`, denied},
		{blog, `DROP TABLE alice.posts`, denied},
		{blog, `TRUNCATE alice.posts`, denied},
		{blog, `SELECT FROM tenants`, "42P01"}, // undefined_table: the search_path is empty
		{portal, `SELECT FROM alice.posts`, denied},
		{portal, `UPDATE public.tenants SET name = 'x'`, denied},
		{portal, `CREATE SCHEMA mine`, denied},
	} {
		if _, err := refused.role.Exec(context.Background(), refused.sql); postgres.Code(err) != refused.code {
			t.Errorf("%s: got %v, want SQLSTATE %s", refused.sql, err, refused.code)
		}
	}
	for _, allowed := range []string{`SELECT FROM public.tenants`, `SELECT FROM public.domains`, `DELETE FROM alice.posts`} {
		if _, err := blog.Exec(t.Context(), allowed); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
}

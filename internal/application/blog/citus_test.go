package blog_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/test/testkit/citusrules"
)

func TestMigrationsRunOnCitus(t *testing.T) {
	t.Parallel()
	for _, migration := range blog.Application.Migrations {
		for _, statement := range migration.Statements {
			for _, violated := range citusrules.Violations(statement, "") {
				t.Errorf("%s: %s:\n%s", migration.Name, violated, statement)
			}
		}
	}
}

package application_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/echoblogs/echoblogs/internal/application"
)

func folder(names ...string) fstest.MapFS {
	files := fstest.MapFS{"m": {Mode: 0o755 | 1<<31}}
	for _, name := range names {
		files["m/"+name] = &fstest.MapFile{Data: []byte("SELECT 1;")}
	}
	return files
}

func TestReadMigrations(t *testing.T) {
	t.Parallel()
	migrations, err := application.ReadMigrations(folder("0001_posts.sql", "0002_pages.sql"), "m")
	if err != nil || len(migrations) != 2 || migrations[1].Version != "0002" || migrations[1].Name != "0002_pages.sql" {
		t.Errorf("got %v, %v", migrations, err)
	}
	empty := folder("0001_posts.sql")
	empty["m/0001_posts.sql"].Data = []byte(" \n")
	for what, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"a gap":                {folder("0001_a.sql", "0003_c.sql"), "0003_c.sql: there is no migration with the number 0002 before it"},
		"no first one":         {folder("0002_b.sql"), "0002_b.sql: there is no migration with the number 0001 before it"},
		"a duplicate":          {folder("0001_a.sql", "0001_b.sql"), "0001_b.sql has the number of 0001_a.sql"},
		"number zero":          {folder("0000_a.sql"), "numbers begin with 0001"},
		"a name without words": {folder("0001.sql"), "must be of the form 0001_what_it_does.sql"},
		"another file":         {folder("0001_a.sql", "notes.txt"), `"notes.txt": the name must be of the form`},
		"an empty file":        {empty, "0001_posts.sql is empty"},
		"an empty folder":      {folder(), "no migrations in m"},
	} {
		if _, err := application.ReadMigrations(test.files, "m"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", what, err, test.want)
		}
	}
}

// For any folder, the migrations are numbered from 1 without gaps, or ReadMigrations returns an error.
func FuzzReadMigrations(f *testing.F) {
	f.Add("0001_a.sql", "0002_b.sql", "SELECT 1")
	f.Add("0001_a.sql", "0001_a.sql", "")
	f.Add("9999_a.sql", "../x", "-- no")
	f.Fuzz(func(t *testing.T, first, second, content string) {
		files := fstest.MapFS{}
		for _, name := range []string{first, second} {
			if name == "" || strings.ContainsAny(name, "/\x00") || name == "." || name == ".." {
				return
			}
			files["m/"+name] = &fstest.MapFile{Data: []byte(content)}
		}
		migrations, err := application.ReadMigrations(files, "m")
		if err != nil {
			return
		}
		for i, m := range migrations {
			if m.Version != fmt.Sprintf("%04d", i+1) || len(m.Statements) == 0 || m.Checksum == "" {
				t.Errorf("migration %d of %q, %q is %+v", i, first, second, m)
			}
		}
	})
}

package application

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Migration is one .sql file. It is forward-only: once released, a file is never edited, and a change is another file.
type Migration struct {
	// Version is its number as in the name of the file, such as 0003. Numbers begin with 0001 and have no gaps.
	Version string
	// Name is the name of the file.
	Name string
	// Statements are its statements, which are sent one by one: a Citus cluster refuses several in one message.
	Statements []string
	// Checksum is the SHA-256 of its content, in hexadecimal.
	Checksum string
}

// Migrations are files in the order of their numbers. The version of a schema is that of the last one it has; without any
// it is empty. All other code treats versions as opaque strings.
type Migrations []Migration

// Set is a named set of migrations for tables in public.
type Set struct {
	// Name identifies the set in the record of applied migrations. It never changes.
	Name string
	Migrations
	// Grants are the privileges on its tables. They are granted after the migrations, which name no role.
	Grants []Grant
}

var fileName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

// ReadMigrations reads the files of one folder in the order of their numbers. A name that is not NNNN_name.sql, a gap, a
// duplicate or an empty file is an error that names the file.
func ReadMigrations(files fs.FS, dir string) (Migrations, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, fmt.Errorf("list the migrations in %s: %w", dir, err)
	}
	var migrations Migrations
	for _, entry := range entries { // sorted by name
		m, err := readMigration(files, dir, entry.Name())
		if err != nil {
			return nil, err
		}
		switch have, next := number(m.Version), len(migrations)+1; {
		case have < next:
			return nil, fmt.Errorf("migration %s has the number of %s: give it the next free number", m.Name, migrations[have-1].Name)
		case have > next:
			return nil, fmt.Errorf("migration %s: there is no migration with the number %s before it", m.Name, version(next))
		}
		migrations = append(migrations, m)
	}
	if len(migrations) == 0 {
		return nil, fmt.Errorf("no migrations in %s", dir)
	}
	return migrations, nil
}

func readMigration(files fs.FS, dir, name string) (Migration, error) {
	parts := fileName.FindStringSubmatch(name)
	if parts == nil {
		return Migration{}, fmt.Errorf("migration %q: the name must be of the form 0001_what_it_does.sql", name)
	}
	if number(parts[1]) == 0 {
		return Migration{}, fmt.Errorf("migration %q: numbers begin with 0001", name)
	}
	content, err := fs.ReadFile(files, path.Join(dir, name))
	if err != nil {
		return Migration{}, fmt.Errorf("read migration %s: %w", name, err)
	}
	statements, err := postgres.SplitStatements(string(content))
	if err != nil {
		return Migration{}, fmt.Errorf("read migration %s: %w", name, err)
	}
	if len(statements) == 0 {
		return Migration{}, fmt.Errorf("migration %s is empty", name)
	}
	sum := sha256.Sum256(content)
	return Migration{Version: parts[1], Name: name, Statements: statements, Checksum: hex.EncodeToString(sum[:])}, nil
}

// MustReadMigrations is ReadMigrations for files that are embedded in the program. It panics on an error.
func MustReadMigrations(files fs.FS, dir string) Migrations {
	migrations, err := ReadMigrations(files, dir)
	if err != nil {
		panic(err)
	}
	return migrations
}

// Latest returns the version of a schema with all migrations.
func (m Migrations) Latest() string {
	if len(m) == 0 {
		return ""
	}
	return m[len(m)-1].Version
}

// Compare returns a negative number if version a precedes b, a positive one if it follows b, and 0 if they are equal. A
// version that is not the number of a file follows all others: a newer program wrote it.
func (m Migrations) Compare(a, b string) int { return cmp.Compare(number(a), number(b)) }

// Pending returns the migrations that a schema at a version lacks.
func (m Migrations) Pending(version string) Migrations {
	return m[min(number(version), len(m)):]
}

// ParseVersion reads a version as people write it: the number of the last migration, or 0 for a schema without any.
func (m Migrations) ParseVersion(text string) (string, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	switch {
	case err != nil || n > 9999:
		return "", fmt.Errorf("%q is not a version: use the number of the last migration, such as %s, or 0 for none", text, m.Latest())
	case n == 0:
		return "", nil
	}
	return version(int(n)), nil
}

// Statements returns the statements of all migrations.
func (m Migrations) Statements() (statements []string) {
	for _, migration := range m {
		statements = append(statements, migration.Statements...)
	}
	return statements
}

// Origin describes the statement of Statements that has an index: its file and its place there.
func (m Migrations) Origin(index int) string {
	for _, migration := range m {
		if index < len(migration.Statements) {
			return fmt.Sprintf("statement %d of %s", index+1, migration.Name)
		}
		index -= len(migration.Statements)
	}
	return ""
}

func version(number int) string { return fmt.Sprintf("%04d", number) }

func number(version string) int {
	if version == "" {
		return 0
	}
	n, err := strconv.ParseUint(version, 10, 16)
	if err != nil {
		return math.MaxInt
	}
	return int(n)
}

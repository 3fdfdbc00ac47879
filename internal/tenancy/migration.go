package tenancy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Migration is one .sql file.
type Migration struct {
	// Version is its number, from 1 on without gaps.
	Version int32
	// Name is the file's name.
	Name string
	// SQL is its content.
	SQL string
	// Checksum is the SHA-256 of its content, in hexadecimal.
	Checksum string
}

var fileName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

// ReadMigrations reads the files of one folder in the order of their numbers. A name that is not NNNN_name.sql, a gap, a
// duplicate or an empty file is an error that names the file.
func ReadMigrations(files fs.FS, dir string) ([]Migration, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, fmt.Errorf("list the migrations in %s: %w", dir, err)
	}
	var migrations []Migration
	for _, entry := range entries { // sorted by name
		m, err := readMigration(files, dir, entry.Name())
		if err != nil {
			return nil, err
		}
		switch next := int32(len(migrations) + 1); {
		case m.Version < next:
			return nil, fmt.Errorf("migration %s has the number of %s: give it the next free number", m.Name, migrations[m.Version-1].Name)
		case m.Version > next:
			return nil, fmt.Errorf("migration %s: there is no migration with the number %04d before it", m.Name, next)
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
	version, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || version == 0 {
		return Migration{}, fmt.Errorf("migration %q: numbers begin with 0001", name)
	}
	content, err := fs.ReadFile(files, path.Join(dir, name))
	if err != nil {
		return Migration{}, fmt.Errorf("read migration %s: %w", name, err)
	}
	if strings.TrimSpace(string(content)) == "" {
		return Migration{}, fmt.Errorf("migration %s is empty", name)
	}
	sum := sha256.Sum256(content)
	return Migration{Version: int32(version), Name: name, SQL: string(content), Checksum: hex.EncodeToString(sum[:])}, nil
}

// pending joins the statements of every migration after version.
func pending(migrations []Migration, version int32) string {
	var sql strings.Builder
	for _, m := range migrations {
		if m.Version > version {
			sql.WriteString(m.SQL)
			sql.WriteString("\n;\n")
		}
	}
	return sql.String()
}

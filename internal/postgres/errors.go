package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes that decide what happens next (PostgreSQL manual, appendix A). Constraint and table names are never
// relied on: behind Citus they come back empty.
const (
	CodeUniqueViolation = "23505"
	CodeDuplicateSchema = "42P06"
	CodeUndefinedTable  = "42P01"
	CodeReadOnly        = "25006"
)

// Code returns the SQLSTATE in err, or "" when the server did not answer with one.
func Code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// causes tells, for classes and codes of SQLSTATE, what happened and what to do. The longest match counts.
var causes = map[string]string{
	"08":    "The connection to the database was lost. It is tried again.",
	"22":    "The database refused a value.",
	"25006": "The database is read-only. Point the connection at the primary server, or make this one writable; it is tried again.",
	"28":    "The database refused the user name or password. Check the Secret of the database; it is tried again.",
	"3D":    "The database does not exist. Check the name in the Secret of the database.",
	"3F":    "A schema is missing in the database.",
	"42P01": "A table is missing. The operator makes the tables when it first reaches the database.",
	"42501": "The database user lacks a permission. Run the output of \"operator bootstrap-sql\" as an administrator.",
	"53":    "The database has run out of a resource. It is tried again.",
	"53100": "The disk of the database is full. Free space on it; it is tried again.",
	"53200": "The database has run out of memory. It is tried again.",
	"53300": "The database has no connection left. Raise max_connections or close other clients; it is tried again.",
	"55P03": "Another session holds a lock that is needed. It is tried again.",
	"57014": "The database took too long. It is tried again.",
	"57P":   "The database is shutting down or starting up. It is tried again.",
	"58":    "The database reported an input or output error. Look at its log.",
	"XX":    "The database reported an internal error. Look at its log.",
	"40":    "Two changes met in the database. It is tried again.",
}

// Unavailable reports whether err is about the server or the way to it, not about what was asked for: the same statement
// may go through later.
func Unavailable(err error) bool {
	code := Code(err)
	for _, prefix := range []string{"08", "25006", "28", "3D", "53", "57P", "58"} {
		if strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return code == ""
}

// Explain says in plain words what a database error means for the person who reads a condition or an event. It never
// repeats the driver's text, which may hold addresses and statements.
func Explain(err error) string {
	if code := Code(err); code != "" {
		for n := len(code); n >= 2; n-- {
			if text, ok := causes[code[:n]]; ok {
				return text
			}
		}
		return "The database answered with error " + code + "."
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "The database does not answer in time. It is tried again."
	case strings.Contains(err.Error(), "connection refused"):
		return "Nothing answers at the address of the database. Check that it runs; it is tried again."
	case strings.Contains(err.Error(), "hostname resolving error"):
		return "The host name of the database cannot be resolved. Check the Secret of the database."
	}
	return "The database cannot be reached. It is tried again."
}

// LogText returns the text of an error for the log. Answers of the database become their explanation and SQLSTATE,
// because the driver's text may repeat values of the statement.
func LogText(err error) string {
	if code := Code(err); code != "" {
		return Explain(err) + " (SQLSTATE " + code + ")"
	}
	return err.Error()
}

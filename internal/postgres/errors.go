package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// SQLSTATE codes that decide what happens next (PostgreSQL manual, appendix A). Constraint and table names are never
// relied on: behind Citus they come back empty.
const (
	CodeUniqueViolation       = "23505"
	CodeDuplicateSchema       = "42P06"
	CodeDuplicateTable        = "42P07"
	CodeUndefinedTable        = "42P01"
	CodeInsufficientPrivilege = "42501"
	CodeReadOnly              = "25006"
)

// Code returns the SQLSTATE in err, or "" when the server did not answer with one.
func Code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// causes explains classes and codes of SQLSTATE: what happened and, if it is specific, what to do. The longest match wins.
var causes = map[string]string{
	"08":    "The connection to the database was lost.",
	"22":    "The database rejected a value.",
	"25006": "The database is read-only. Point the connection at the primary server, or make this one writable.",
	"28000": "The database does not permit this user to log in. Check the role, and that pg_hba.conf has an entry for it, the database and the network.",
	"28":    "The database rejected the user name or password. Check the Secret of the database.",
	"3D":    "The database does not exist. Check the name in the Secret of the database.",
	"3F":    "A schema is missing in the database.",
	"23":    "The database refused a value that contradicts others.",
	"40":    "The transaction conflicted with another one.",
	"42P01": "A table is missing. The operator creates the tables when it first connects to the database.",
	"42501": "The database user lacks a permission. Run the output of \"operator bootstrap-sql\", with the Platform's role prefix, as an administrator.",
	"53":    "The database has run out of a resource.",
	"53100": "The disk of the database is full. Free space on it.",
	"53200": "The database has run out of memory.",
	"53300": "The database has no connection left. Raise max_connections or close other clients.",
	"55P03": "Another session holds a lock.",
	"57014": "The database took too long to answer.",
	"57P":   "The database is shutting down or starting up.",
	"58":    "The database reported an input or output error. Check its log.",
	"XX":    "The database reported an internal error. Check its log.",
}

// Unavailable reports whether err is about the server or the connection rather than the statement, so that the same
// statement may succeed later. An answer that the program cannot read is not: it will be the same next time.
func Unavailable(err error) bool {
	code := Code(err)
	if code == "" {
		return connectionFailed(err)
	}
	return hasPrefix(code, "08", "25006", "28", "3D", "53", "57P", "58")
}

// Busy reports whether the server ended a statement because of what else it was doing: a lock was not free, the transaction
// conflicted with another one, or the statement took too long. It was rolled back, and may succeed later.
func Busy(err error) bool { return hasPrefix(Code(err), "40", "55P03", "57014") }

// Unreadable reports whether err is neither an answer of the server nor about the connection: the program could not read an
// answer, or failed on its own.
func Unreadable(err error) bool { return Code(err) == "" && !connectionFailed(err) }

func hasPrefix(code string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(code, prefix) })
}

// connectionFailed reports whether an error without a SQLSTATE is about the connection.
func connectionFailed(err error) bool {
	var (
		connect *pgconn.ConnectError
		network net.Error // also context.DeadlineExceeded
	)
	if errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) {
		return true
	}
	return slices.ContainsFunc([]error{context.Canceled, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, puddle.ErrClosedPool},
		func(lost error) bool { return errors.Is(err, lost) })
}

// Explain explains a database error to the reader of a condition, an event or a log. It never repeats the driver's text,
// which may include addresses and statements.
func Explain(err error) string {
	if cause := explainTLS(err); cause != "" {
		return cause
	}
	if code := Code(err); code != "" {
		if cause := causeOf(code); cause != "" {
			return cause
		}
		return refused + " The log has its answer."
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "The database does not answer in time."
	case strings.Contains(err.Error(), "connection refused"):
		return "Nothing answers at the address of the database. Check that it is running."
	case strings.Contains(err.Error(), "hostname resolving error"):
		return "The host name of the database cannot be resolved. Check the Secret of the database."
	case Unreadable(err):
		return "The answer of the database cannot be read. The log has the cause."
	}
	return "The database cannot be reached."
}

// refused is what is known about an answer without a cause.
const refused = "The database refused a statement."

// causeOf returns the explanation of a SQLSTATE, or "" if it has none.
func causeOf(code string) string {
	for n := len(code); n >= 2; n-- {
		if text, ok := causes[code[:n]]; ok {
			return text
		}
	}
	return ""
}

// LogText returns the text of an error for the log. For an answer of the database, it is the explanation, the server's
// message with its position in the statement, and the SQLSTATE. Details never appear, nor messages that can hold values,
// nor the address of the database.
func LogText(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var connect *pgconn.ConnectError // its text has the address
		if errors.As(err, &connect) {
			return Explain(err)
		}
		return err.Error()
	}
	cause := cmp.Or(explainTLS(err), causeOf(pg.Code), refused)
	switch {
	case messageHoldsValues(pg.Code):
		return fmt.Sprintf("%s (SQLSTATE %s)", cause, pg.Code)
	case pg.Position > 0:
		return fmt.Sprintf("%s The server says: %s, at character %d of the statement (SQLSTATE %s)", cause, pg.Message, pg.Position, pg.Code)
	}
	return fmt.Sprintf("%s The server says: %s (SQLSTATE %s)", cause, pg.Message, pg.Code)
}

// messageHoldsValues reports whether messages with a SQLSTATE can repeat values: those about data (22), about constraints
// (23), and those that functions of an application raise (P0).
func messageHoldsValues(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || strings.HasPrefix(code, "P0")
}

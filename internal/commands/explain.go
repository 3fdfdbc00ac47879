package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// ExplainHelp describes the command explain.
const ExplainHelp = `Explain why a Tenant is, or is not, served: every layer from the object to the reader, its cause, who changed it last, and
what to do next. It changes nothing. The exit status is 0 if every layer could be read, also if one is wrong, and 1 if
not, or if nothing has the name.`

// Explain explains the Tenant called name. If there is no such Tenant, the name is looked up in the registry of the Platform.
func (i *Installation) Explain(ctx context.Context, name, platform string) (explain.Explanation, error) {
	var closers []func()
	defer func() {
		for _, closeDatabase := range closers {
			closeDatabase()
		}
	}()
	sources := explain.Sources{
		Namespace: i.Namespace, Platform: platform, Objects: i.Client, Routes: i.Client,
		Database: func(ctx context.Context, p *v1alpha1.Platform) (explain.Database, error) {
			inspector, db, err := i.inspect(ctx, p)
			if err != nil {
				return explain.Database{}, err
			}
			closers = append(closers, db.Close)
			return explain.Database{Registry: inspector, Audit: audit.NewLog(db, time.Now)}, nil
		},
	}
	return explain.Tenant(ctx, sources, name)
}

// IsUnreachable reports whether an explanation lacks what the database knows, because the database could not be connected to.
func IsUnreachable(e explain.Explanation) bool {
	var unreachable *UnreachableError
	return errors.As(e.AuditErr, &unreachable)
}

// WriteExplanation prints an explanation. It returns an error if it is not complete, or if nothing has the name.
func WriteExplanation(out io.Writer, e explain.Explanation) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", e.Summary())
	for _, layer := range e.Layers {
		writeLayer(&text, layer)
	}
	if e.AuditErr != nil || len(e.Audit) > 0 {
		fmt.Fprintln(&text, "\nAudit log:")
	}
	if e.AuditErr != nil {
		fmt.Fprintf(&text, "It could not be read. %s\n", postgres.Explain(e.AuditErr))
	}
	for _, entry := range e.Audit {
		fmt.Fprintf(&text, "%s  %s: %s", moment(entry.At), entry.Actor, entry.Action)
		if entry.Detail != "" {
			fmt.Fprintf(&text, " (%s)", entry.Detail)
		}
		fmt.Fprintln(&text)
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	if e.Missing {
		return fmt.Errorf("there is no Tenant %q in the namespace %q, and no data of one; \"kubectl get tenants\" lists all", e.Name, e.Namespace)
	}
	if unread := e.Unread(); len(unread) > 0 {
		return fmt.Errorf("could not be read: %s", strings.Join(unread, ", "))
	}
	return nil
}

// indent is the start of the lines about a layer after the first.
const indent = "                    "

// writeLayer prints a line for a layer, and what belongs to it below.
func writeLayer(out *strings.Builder, l explain.Layer) {
	fmt.Fprintf(out, "%-11s%-9s%s\n", l.Name, l.State, l.Cause)
	if text := describe(l.Err); text != "" {
		fmt.Fprintf(out, "%s%s\n", indent, text)
	}
	for _, change := range l.Changes {
		fmt.Fprintf(out, "%sLast change of %s: by %s at %s\n", indent, change.What, change.By, moment(change.At))
	}
	if l.Next != "" {
		fmt.Fprintf(out, "%sNext: %s\n", indent, l.Next)
	}
	if l.Command != "" {
		fmt.Fprintf(out, "%s$ %s\n", indent, l.Command)
	}
}

// describe returns what an error says beyond the cause of a layer.
func describe(err error) string {
	var unreachable *UnreachableError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unreachable) && !postgres.Unreadable(err):
		return unreachable.Hint
	}
	return postgres.LogText(err)
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

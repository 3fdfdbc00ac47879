package post_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
)

// explainer is a tracer that keeps the statements that were run.
type explainer struct {
	t          *testing.T
	statements []pgx.TraceQueryStartData
}

// TraceQueryStart keeps a statement.
func (e *explainer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	e.statements = append(e.statements, data)
	return ctx
}

// TraceQueryEnd does nothing.
func (*explainer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns the statements since the last call, without what only changes the format of results.
func (e *explainer) take() []pgx.TraceQueryStartData {
	taken := e.statements
	e.statements = nil
	for i := range taken {
		var args []any
		for _, arg := range taken[i].Args {
			if _, format := arg.(pgx.QueryResultFormats); !format {
				args = append(args, arg)
			}
		}
		taken[i].Args = args
	}
	return taken
}

// nodes returns the types of the nodes of a plan.
func nodes(t *testing.T, explained []byte) (types []string) {
	t.Helper()
	type node struct {
		NodeType string `json:"Node Type"`
		Plans    []node `json:"Plans"`
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(explained, &plans); err != nil {
		t.Fatal(err)
	}
	var walk func(n node)
	walk = func(n node) {
		types = append(types, n.NodeType)
		for _, child := range n.Plans {
			walk(child)
		}
	}
	walk(plans[0].Plan)
	return types
}

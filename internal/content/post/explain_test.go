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

// TraceBatchStart does nothing.
func (*explainer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery keeps a statement of a batch.
func (e *explainer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	e.statements = append(e.statements, pgx.TraceQueryStartData{SQL: data.SQL, Args: data.Args})
}

// TraceBatchEnd does nothing.
func (*explainer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

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

// rowsRead returns how many rows of tables an execution has read, used or not.
func rowsRead(t *testing.T, explained []byte) (rows float64) {
	t.Helper()
	type node struct {
		Relation string  `json:"Relation Name"`
		Rows     float64 `json:"Actual Rows"`
		Removed  float64 `json:"Rows Removed by Filter"`
		Loops    float64 `json:"Actual Loops"`
		Plans    []node  `json:"Plans"`
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(explained, &plans); err != nil {
		t.Fatal(err)
	}
	var walk func(n node)
	walk = func(n node) {
		if n.Relation != "" {
			rows += (n.Rows + n.Removed) * n.Loops
		}
		for _, child := range n.Plans {
			walk(child)
		}
	}
	walk(plans[0].Plan)
	return rows
}

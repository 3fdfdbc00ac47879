package operatortest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// QueryRecorder records the statements of the operator. It is a tracer for pgx.
type QueryRecorder struct {
	mu   sync.Mutex
	seen []string
}

// TraceQueryStart records a statement.
func (c *QueryRecorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.add(data.SQL, data.Args)
	return ctx
}

// Connecting is recorded for each attempt to connect.
const Connecting = "CONNECT"

// TraceConnectStart records an attempt to connect.
func (c *QueryRecorder) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	c.add(Connecting, nil)
	return ctx
}

// TraceConnectEnd does nothing.
func (*QueryRecorder) TraceConnectEnd(context.Context, pgx.TraceConnectEndData) {}

// TraceQueryEnd does nothing.
func (*QueryRecorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart records the statements of a batch.
func (c *QueryRecorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, query := range data.Batch.QueuedQueries {
		c.add(query.SQL, query.Arguments)
	}
	return ctx
}

// TraceBatchQuery does nothing.
func (*QueryRecorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd does nothing.
func (*QueryRecorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (c *QueryRecorder) add(sql string, arguments []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, fmt.Sprint(strings.Join(strings.Fields(sql), " "), arguments))
}

// Containing returns the recorded statements that contain a text.
func (c *QueryRecorder) Containing(text string) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sql := range c.seen {
		if strings.Contains(sql, text) {
			found = append(found, sql)
		}
	}
	return found
}

// Reset removes all recorded statements.
func (c *QueryRecorder) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = nil
}

// WriteRecorder records the writes of the controllers to the API server.
type WriteRecorder struct {
	mu   sync.Mutex
	seen []string
}

// wrap returns a client whose writes are recorded.
func (c *WriteRecorder) wrap(to client.Client) client.Client {
	note := func(what string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen = append(c.seen, what)
	}
	return interceptor.NewClient(to.(client.WithWatch), interceptor.Funcs{
		Create: func(ctx context.Context, to client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			note("create " + o.GetName())
			return to.Create(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, to client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			note("delete " + o.GetName())
			return to.Delete(ctx, o, opts...)
		},
		Update: func(ctx context.Context, to client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			note("update " + o.GetName())
			return to.Update(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, to client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
			note("patch " + o.GetName())
			return to.Patch(ctx, o, patch, opts...)
		},
		Apply: func(ctx context.Context, to client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			note("apply")
			return to.Apply(ctx, o, opts...)
		},
		SubResourcePatch: func(ctx context.Context, to client.Client, resource string, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			note("patch " + o.GetName() + "/" + resource)
			return to.SubResource(resource).Patch(ctx, o, patch, opts...)
		},
	})
}

// Reset removes all recorded writes.
func (c *WriteRecorder) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = nil
}

// All returns the recorded writes.
func (c *WriteRecorder) All() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.seen...)
}

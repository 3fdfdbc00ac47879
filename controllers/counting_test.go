package controllers_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// queryCounter remembers the statements that the operator sends.
type queryCounter struct {
	mu   sync.Mutex
	seen []string
}

func (c *queryCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.add(data.SQL, data.Args)
	return ctx
}

// connecting is what is remembered of an attempt to connect.
const connecting = "CONNECT"

func (c *queryCounter) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	c.add(connecting, nil)
	return ctx
}

func (*queryCounter) TraceConnectEnd(context.Context, pgx.TraceConnectEndData) {}

func (*queryCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *queryCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, query := range data.Batch.QueuedQueries {
		c.add(query.SQL, query.Arguments)
	}
	return ctx
}

func (*queryCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*queryCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

func (c *queryCounter) add(sql string, arguments []any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, fmt.Sprint(strings.Join(strings.Fields(sql), " "), arguments))
}

// with returns the statements seen so far that contain a text.
func (c *queryCounter) with(text string) (found []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sql := range c.seen {
		if strings.Contains(sql, text) {
			found = append(found, sql)
		}
	}
	return found
}

func (c *queryCounter) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = nil
}

// writeCounter remembers what the controllers write to the API server.
type writeCounter struct {
	mu   sync.Mutex
	seen []string
}

func (c *writeCounter) count(to client.Client) client.Client {
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

func (c *writeCounter) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = nil
}

func (c *writeCounter) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.seen...)
}

// metric returns the value of a counter of the operator.
func metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

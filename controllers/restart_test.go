package controllers_test

import (
	"context"
	"fmt"
	"testing"
)

// An operator that starts finds what it left: it asks for each Tenant's row and writes nothing, also where it looks at
// Tenants before it is connected to their database.
func TestRestartWritesNothing(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("blog-%d", i))
		p.CreateTenant(names[i])
	}
	for _, name := range names {
		p.WaitCondition(name, "Ready", "True", "")
	}
	stop()
	p.Queries.Reset()
	p.Writes.Reset()

	p.StartOperator(nil)
	for _, name := range names {
		p.Wait("the row of "+name+" is looked at", func(context.Context) error {
			if len(p.Queries.Containing("WHERE t.name = $1 AND t.state <> 'superseded'["+name+"]")) == 0 {
				return fmt.Errorf("there are %q", p.Queries.Containing("["+name+"]"))
			}
			return nil
		})
	}
	for _, write := range p.Writes.All() {
		if write != "patch default/status" { // the Platform counts its Tenants
			t.Errorf("the operator has written: %s", write)
		}
	}
}

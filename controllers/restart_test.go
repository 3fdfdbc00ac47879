package controllers_test

import (
	"fmt"
	"testing"
)

// An operator that starts finds what it left: it asks for each Tenant's row and writes nothing, also where it looks at
// Tenants before it is connected to their database.
func TestRestartWritesNothing(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.startOperator(nil)
	p.create(p.platformObject())
	p.waitFor("the Platform is Ready", func() error { return p.platformReady("default") })
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("blog-%d", i))
		p.createTenant(names[i])
	}
	for _, name := range names {
		p.waitCondition(name, "Ready", "True", "")
	}
	stop()
	p.queries.forget()
	p.writes.forget()

	p.startOperator(nil)
	for _, name := range names {
		p.waitFor("the row of "+name+" is looked at", func() error {
			if len(p.queries.with("WHERE t.name = $1 AND t.state <> 'superseded'["+name+"]")) == 0 {
				return fmt.Errorf("there are %q", p.queries.with("["+name+"]"))
			}
			return nil
		})
	}
	for _, write := range p.writes.all() {
		if write != "patch default/status" { // the Platform counts its Tenants
			t.Errorf("the operator has written: %s", write)
		}
	}
}

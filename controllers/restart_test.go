package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// A restarted operator reads the rows of all Tenants at once, later ones one by one, and writes nothing, even if it begins to
// reconcile Tenants before it has connected to their database.
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
		p.Wait("the row of "+name+" is read again", func(context.Context) error {
			p.Nudge(name)
			if len(p.Queries.Containing("WHERE t.name = $1 AND t.state <> 'superseded'["+name+"]")) == 0 {
				return fmt.Errorf("there are %q", p.Queries.Containing("["+name+"]"))
			}
			return nil
		})
	}
	if pages := p.Queries.Containing("ORDER BY t.name LIMIT $2[ 1000]"); len(pages) != 1 {
		t.Errorf("the rows of all Tenants were read by %q", pages)
	}
	for _, write := range p.Writes.All() {
		if write != "patch default/status" { // the Platform counts its Tenants
			t.Errorf("the operator wrote: %s", write)
		}
	}
}

// An operator that leads again in the same process begins as a new one does.
func TestReelectionReadsAllRows(t *testing.T) {
	t.Parallel()
	p := newNamespace(t, func(p *operatortest.Platform) { p.KeepStores = true })
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	p.ReadyTenant("alice")
	stop()
	p.Queries.Reset()
	controllers.Restart(p.Stores)
	if p.Stores.Prepared(p.Key("default")) != nil {
		t.Error("the database counts as prepared")
	}
	p.StartOperator(nil)
	p.Wait("the database is prepared again", func(context.Context) error {
		if p.Stores.Prepared(p.Key("default")) == nil {
			return errors.New("it is not")
		}
		return nil
	})
	if pages := p.Queries.Containing("ORDER BY t.name LIMIT $2[ 1000]"); len(pages) != 1 {
		t.Errorf("the rows of all Tenants were read by %q", pages)
	}
}

// A Tenant that was deleted while no operator was running, and is created again just after the start, does not get the row that
// was read at the start.
func TestTenantReplacedDuringARestart(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault()
	p.WaitReady()
	p.ReadyTenant("alice", operatortest.Deleting)
	stop()
	if err := p.Delete(t.Context(), "alice"); err != nil { // the finalizer is left
		t.Fatal(err)
	}
	p.StartOperator(nil)
	p.WaitGone("alice")
	p.CreateTenant("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNameHeld)
	p.Clock.SetTime(p.Clock.Now().Add(tenancy.Hold))
	p.Nudge("alice")
	p.WaitCondition("alice", v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

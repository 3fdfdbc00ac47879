package controllers_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// namespaceUID returns the UID of the namespace of a Platform.
func (p *platform) namespaceUID() string {
	p.T.Helper()
	return query[string](p, `SELECT namespace_uid FROM public.installation`)
}

// second returns another installation with the same database and the Platform "default", which another one serves.
func (p *platform) second() *platform {
	p.T.Helper()
	other := newNamespace(p.T, func(o *operatortest.Platform) { o.Database = p.Database })
	other.StartOperator(nil)
	other.CreateDefault()
	other.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
	return other
}

func (p *platform) takeOver(recorded string) {
	p.T.Helper()
	p.EditPlatform(func(object *v1alpha1.Platform) {
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, v1alpha1.AnnotationTakeOver, recorded)
	})
}

// states returns the state of each tenant in the registry.
func (p *platform) states() map[string]string {
	p.T.Helper()
	return query[map[string]string](p, `SELECT coalesce(jsonb_object_agg(name, state), '{}') FROM public.tenants`)
}

// Two operators use one database while the second takes it over and the first deletes Tenants. From the takeover on, the first
// one ends none of them.
func TestTakeOverDuringDeletions(t *testing.T) {
	t.Parallel()
	first := newPlatform(t)
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("blog-%d", i))
		first.CreateTenant(names[i], ownedBy(names[i]))
	}
	for _, name := range names {
		first.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
	second, recorded := first.second(), first.namespaceUID()
	want := fmt.Sprintf("The database serves the Platform \"default\" in a namespace %q with the UID %s: in another cluster, or before this namespace was created. "+
		"Use a separate database for this Platform. If the message has a UID and this Platform is to replace the other one, annotate it with "+
		"tenancy.echoblogs.io/take-over=UID: the operator of the other one writes nothing from then on.", first.Namespace, recorded)
	if err := operatortest.WantText(second.ReadPlatform().Status.Conditions, want); err != nil {
		t.Error(err)
	}
	for _, name := range names {
		second.CreateTenant(name, ownedBy(name))
	}
	second.takeOver("another")
	second.PassMinute()

	deletions := make(chan error, 1)
	go func() {
		for _, name := range names[:20] {
			if err := first.Delete(context.Background(), name); err != nil {
				deletions <- err
				return
			}
		}
		deletions <- nil
	}()
	first.Wait("some Tenants are deleted", func(context.Context) error {
		if states := first.states(); states[names[0]] != "tombstone" {
			return fmt.Errorf("the states are %v", states)
		}
		return nil
	})
	second.takeOver(recorded)
	first.Wait("the database is taken over", func(context.Context) error {
		if uid := first.namespaceUID(); uid == recorded {
			return fmt.Errorf("it serves the installation %s", uid)
		}
		return nil
	})
	atTakeover := first.states()
	if err := <-deletions; err != nil {
		t.Fatal(err)
	}
	second.WaitReady()
	if value, left := second.ReadPlatform().Annotations[v1alpha1.AnnotationTakeOver]; left {
		t.Errorf("the annotation %q is left: it would apply again", value)
	}
	for _, name := range names {
		if atTakeover[name] == "live" {
			second.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
		} else {
			second.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
		}
	}

	// The first installation keeps the Tenants that it could not end, and says why. Those whose rows belong to Tenants of the
	// second one by now end without them.
	first.PassMinute()
	first.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
	for _, name := range names[:20] {
		first.Wait(name+" is gone or not Ready", func(ctx context.Context) error {
			var tenant v1alpha1.Tenant
			if err := first.Client.Get(ctx, first.Key(name), &tenant); err != nil {
				return client.IgnoreNotFound(err)
			}
			if meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady) {
				return fmt.Errorf("%+v", tenant.Status.Conditions)
			}
			return nil
		})
	}
	for name, state := range second.states() {
		if state != atTakeover[name] {
			t.Errorf("%s is %s, and was %s at the takeover", name, state, atTakeover[name])
		}
	}
	last := names[slices.Index(names, "blog-29")]
	second.WaitBlog(last+".example.com", http.StatusOK, operatortest.Title(last))

	// It gets the database back the same way.
	first.takeOver(second.namespaceUID())
	first.WaitReady()
	first.WantEvent("default", v1alpha1.ReasonDatabaseTakenOver)
	second.PassMinute()
	second.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
	for _, name := range names[:20] {
		if atTakeover[name] == "live" {
			first.WaitGone(name)
		}
	}
}

// Another Platform in the same namespace cannot take over the database: both have one operator.
func TestNoTakeOverInTheSameNamespace(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.CreatePlatform(func(object *v1alpha1.Platform) {
		object.Name, object.Spec = "other", p.ReadPlatform().Spec
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, v1alpha1.AnnotationTakeOver, p.namespaceUID())
	})
	p.Wait("the other Platform is Stalled", func(ctx context.Context) error {
		var other v1alpha1.Platform
		if err := p.Client.Get(ctx, p.Key("other"), &other); err != nil {
			return err
		}
		return operatortest.WantText(other.Status.Conditions, fmt.Sprintf("The database serves the Platform \"default\" in the namespace %q.", p.Namespace))
	})
	p.ReadyTenant("alice")
}

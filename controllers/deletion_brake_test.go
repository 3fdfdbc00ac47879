package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

func maxDeletions(n int32) func(*v1alpha1.Platform) {
	return func(p *v1alpha1.Platform) { p.Spec.Protection = &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: &n} }
}

func decided(decision string) func(*v1alpha1.Tenant) {
	return operatortest.Annotate(v1alpha1.AnnotationDeletion, decision)
}

// prune deletes Tenants as a pipeline does, and waits until that number of them are gone and the others held. It returns those.
func (p *platform) prune(gone int, names ...string) (held []string) {
	p.T.Helper()
	for _, name := range names {
		if err := p.Client.Delete(p.T.Context(), p.Tenant(name), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			p.T.Fatal(err)
		}
		p.removeForegroundFinalizer(name)
	}
	p.Wait(fmt.Sprintf("%d Tenants are gone", gone), func(ctx context.Context) error {
		held = nil
		for _, name := range names {
			var tenant v1alpha1.Tenant
			err := p.Client.Get(ctx, p.Key(name), &tenant)
			switch {
			case apierrors.IsNotFound(err):
				continue
			case err != nil:
				return err
			}
			ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionReady)
			if ready == nil || ready.Reason != v1alpha1.ReasonDeletionHeld {
				return fmt.Errorf("%s is Ready=%+v", name, ready)
			}
			held = append(held, name)
		}
		return wantCount(len(names)-len(held), gone)
	})
	return held
}

// removeForegroundFinalizer does what the garbage collector does, which does not run. The operator removes its finalizer meanwhile.
func (p *platform) removeForegroundFinalizer(name string) {
	p.T.Helper()
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var tenant v1alpha1.Tenant
		if err := p.Client.Get(p.T.Context(), p.Key(name), &tenant); err != nil {
			return err
		}
		controllerutil.RemoveFinalizer(&tenant, metav1.FinalizerDeleteDependents)
		return p.Client.Update(p.T.Context(), &tenant)
	})
	if client.IgnoreNotFound(err) != nil {
		p.T.Fatal(err)
	}
}

// waitHeldServing waits until Tenants are held and served: after a change of the clock, the blog first has to read the registry.
func (p *platform) waitHeldServing(names ...string) {
	p.T.Helper()
	for _, name := range names {
		for _, kind := range []string{v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionDomainsReady, v1alpha1.ConditionRouteReady, v1alpha1.ConditionServing} {
			p.WaitCondition(name, kind, metav1.ConditionTrue, "")
		}
		held := p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld)
		if held.Status.Phase != v1alpha1.TenantTerminating {
			p.T.Errorf("%s has the phase %s", name, held.Status.Phase)
		}
		p.ingress(routing.TenantIngressName(name))
		p.WaitBlog(name+".example.com", http.StatusOK, "")
	}
}

// One wrong prune ends a few blogs. The others are served, and repaired, until someone decides.
func TestDeletionBrake(t *testing.T) {
	t.Parallel()
	p := newNamespace(t)
	stop := p.StartOperator(nil)
	p.CreateDefault(maxDeletions(2))
	p.WaitReady()
	names := []string{"alice", "bob", "carol", "dave", "erin", "frank"}
	for _, name := range names {
		p.ReadyTenant(name)
	}
	held := p.prune(2, names...)
	p.waitHeldServing(held...)
	p.WantEvent(held[0], v1alpha1.ReasonDeletionHeld)
	p.waitHeld(fmt.Sprintf(`Deletions of Tenants that wait for a decision: 4 (%q, %q, %q, %q). To let the deletion pass, run "kubectl echoblogs deletions approve NAME"`, held[0], held[1], held[2], held[3]))
	want := `The Tenant is being deleted and is still served, because more than 2 were deleted within an hour.`
	if err := operatortest.WantText(p.Tenant(held[0]).Status.Conditions, want); err != nil {
		t.Error(err)
	}

	// Neither time nor a restart lets them pass.
	p.Clock.SetTime(p.Clock.Now().Add(3 * time.Hour))
	stop()
	p.StartOperator(nil)
	p.PassMinute()
	p.waitRepaired(held[1])
	p.waitHeldServing(held...)

	// What protects people applies to a held Tenant, too.
	p.EditTenant(held[1], func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.WaitBlog(held[1]+".example.com", http.StatusPaymentRequired, "")
	p.WaitCondition(held[1], v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonSuspended)

	p.EditTenant(held[0], decided(v1alpha1.DeletionApproved))
	p.WaitGone(held[0])
	p.WaitBlog(held[0]+".example.com", http.StatusNotFound, operatortest.NoBlog)
	p.WantNoIngress(held[0])
	p.EditPlatform(maxDeletions(3)) // none has counted for hours
	p.WaitGone(held[1])
	p.WaitGone(held[2])
	p.WaitGone(held[3])
	p.waitHeld("")
}

// waitRepaired deletes the Ingress of a Tenant, and waits until it is there again.
func (p *platform) waitRepaired(name string) {
	p.T.Helper()
	key := p.Key(routing.TenantIngressName(name))
	lost := p.ingress(key.Name)
	if err := p.Client.Delete(p.T.Context(), lost); err != nil {
		p.T.Fatal(err)
	}
	p.Wait("the Ingress of "+name+" is repaired", func(ctx context.Context) error {
		var ingress networkingv1.Ingress
		if err := p.Client.Get(ctx, key, &ingress); err != nil {
			return err
		}
		if ingress.UID == lost.UID {
			return errors.New("the old one is still there")
		}
		return nil
	})
}

// waitHeld waits until the condition DeletionsHeld has a message. Empty: there is none.
func (p *platform) waitHeld(message string) {
	p.T.Helper()
	p.Wait("DeletionsHeld says "+message, func(context.Context) error {
		found := meta.FindStatusCondition(p.ReadPlatform().Status.Conditions, v1alpha1.ConditionDeletionsHeld)
		if (found == nil) != (message == "") {
			return fmt.Errorf("it is %+v", found)
		}
		if found != nil {
			return operatortest.WantText([]metav1.Condition{*found}, message)
		}
		return nil
	})
}

// Without a limit of the Platform, ten deletions an hour pass. Tenants that were never Ready and approved ones do not count.
func TestDeletionBrakeByDefault(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(p *v1alpha1.Platform) { p.Spec.Protection = nil })
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("t%d", i))
		p.CreateTenant(names[i])
	}
	p.WaitTenantsReady(names...)
	p.EditTenant("t0", decided(v1alpha1.DeletionApproved))
	p.DeleteTenants("t0")
	for range 3 {
		p.CreateTenant("never", func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "t1" })
		p.WaitCondition("never", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSchemaTaken)
		p.DeleteTenants("never")
	}
	p.waitHeldServing(p.prune(10, names[1:]...)...)
}

// The data of a Tenant that was never served may be older than the Tenant, such as after a move to another cluster.
func TestDeletionBrakeOfOldData(t *testing.T) {
	t.Parallel()
	p := newLossy(t)
	p.EditPlatform(maxDeletions(1))
	names := []string{"alice", "bob", "carol"}
	for _, name := range names {
		p.ReadyTenant(name, ownedBy(name))
	}
	p.lose(names...)
	p.Clock.SetTime(p.Clock.Now().Add(time.Hour))
	for _, name := range names {
		p.Exec(fmt.Sprintf(`ALTER TABLE %s.posts RENAME TO former`, name))
		p.CreateTenant(name, ownedBy(name))
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonTableMissing)
	}
	p.prune(1, names...)
}

// A cancelled deletion removes the object alone, until the Tenant is created again.
func TestCancelledDeletion(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, maxDeletions(1))
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		p.ReadyTenant(name)
		p.WritePost(name, "Of "+name)
	}
	held := p.prune(1, "alice", "bob")[0]
	gone := p.Tenant(held)
	p.EditTenant(held, decided(v1alpha1.DeletionCancelled))
	p.WaitGone(held)
	p.WantBlog(held+".example.com", http.StatusOK, "Of "+held)
	p.WantEvent(held, v1alpha1.ReasonDeletionCancelled)
	served := func() {
		t.Helper()
		p.WaitBlog(held+".example.com", http.StatusOK, "Of "+held)
		p.ingress(routing.TenantIngressName(held))
	}
	served()
	p.PassMinute()
	p.waitChecked()
	p.waitOrphans("", "")
	served()

	// The Tenant is not created again: that is reported, and the blog is still served.
	p.Clock.SetTime(p.Clock.Now().Add(10 * time.Minute))
	for range 3 {
		p.PassMinute()
		p.waitChecked()
	}
	p.waitOrphans(v1alpha1.ReasonOrphansReported, fmt.Sprintf(`Live rows of the registry without a Tenant: 1 (%q). Of them, 0 are suspended.`, held))
	served()

	p.ReadyTenant(held, operatortest.Annotate(v1alpha1.AnnotationAdoptOrphan, string(gone.UID)))
	served()
	p.PassMinute()
	p.waitOrphans("", "")
	if kept := query[int](p, `SELECT count(*) FROM public.tenants WHERE kept_at IS NOT NULL`); kept != 0 {
		t.Errorf("%d rows of Tenants are kept", kept)
	}
}

// waitChecked waits until a check of all Tenants has run: it repairs a row.
func (p *platform) waitChecked() {
	p.T.Helper()
	p.Exec(`UPDATE public.tenants SET display_name = 'Mallory' WHERE name = 'erin'`)
	p.PassMinute()
	p.Wait("the row is repaired", func(context.Context) error {
		if query[string](p, `SELECT display_name FROM public.tenants WHERE name = 'erin'`) != "erin" {
			return errors.New("it still differs")
		}
		return nil
	})
}

func TestDeletionAnnotationWithoutAMeaning(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	for _, value := range []string{"approved", "", v1alpha1.DeletionCancelled} { // a deletion that has not begun cannot be cancelled
		p.EditTenant("alice", decided(value))
		p.waitInvalid("alice", fmt.Sprintf(`The annotation tenancy.echoblogs.io/deletion has the value %q: `, value))
		p.WantBlog("alice.example.com", http.StatusOK, "")
	}
	p.EditTenant("alice", decided("approved"))
	if err := p.Delete(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	p.waitInvalid("alice", `it is neither Approved nor Cancelled`)
	p.EditTenant("alice", decided(v1alpha1.DeletionApproved))
	p.WaitGone("alice")
}

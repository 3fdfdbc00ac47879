package isolation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// story changes Tenants while requests come in. It has another turn as long as another returns true.
type story func(ctx context.Context, w *world, another func(turn int) bool) error

// stories run concurrently, each with its own Tenants.
var stories = map[string]story{
	"Tenants are created":                    creations,
	"a Tenant moves between domains":         renames,
	"a custom domain passes between Tenants": handovers,
	"a Tenant is suspended and resumed":      suspensions,
	"a name is reused":                       reusedName,
	"a schema name is reused":                reusedSchema,
	"a tombstone is replaced by a new blog":  freshStarts,
}

func creations(ctx context.Context, w *world, another func(int) bool) error {
	for i := 0; another(i); i++ {
		if err := w.settle(ctx, newOwner(fmt.Sprintf("new-%d", i))); err != nil {
			return err
		}
	}
	return nil
}

func renames(ctx context.Context, w *world, another func(int) bool) error {
	o := newOwner("mover")
	if err := w.settle(ctx, o); err != nil {
		return err
	}
	domains := []string{stack.Domain, stack.OtherDomain}
	for i := 0; another(i); i++ {
		from, to := o.tenant+"."+domains[i%2], o.tenant+"."+domains[(i+1)%2]
		w.allow(to, o)
		w.move(from, "http://"+to)
		err := w.Edit(ctx, o.tenant, func(t *v1alpha1.Tenant) { t.Spec.Domain = domains[(i+1)%2] })
		err = errors.Join(err, w.awaitStatus(ctx, to, http.StatusOK, o.tenant), w.awaitStatus(ctx, from, http.StatusPermanentRedirect, ""))
		w.forbid(from, o)
		if err != nil {
			return err
		}
	}
	return nil
}

func handovers(ctx context.Context, w *world, another func(int) bool) error {
	const host = "www.handed-on.org"
	owners := []owner{newOwner("first"), newOwner("second"), newOwner("third")}
	for _, o := range owners {
		if err := w.settle(ctx, o); err != nil {
			return err
		}
	}
	for i := 0; another(i); i++ {
		o := owners[i%len(owners)]
		w.allow(host, o)
		err := w.Edit(ctx, o.tenant, func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = []v1alpha1.CustomDomain{host} })
		if err := errors.Join(err, w.awaitStatus(ctx, host, http.StatusOK, o.tenant)); err != nil {
			return err
		}
		err = w.Edit(ctx, o.tenant, func(t *v1alpha1.Tenant) { t.Spec.CustomDomains = nil })
		if err := errors.Join(err, w.leave(ctx, host, o), w.age(ctx, host)); err != nil {
			return err
		}
	}
	return nil
}

func suspensions(ctx context.Context, w *world, another func(int) bool) error {
	o := newOwner("debtor")
	if err := w.settle(ctx, o); err != nil {
		return err
	}
	host := primary(o.tenant)
	for i := 0; another(i); i++ {
		err := w.Edit(ctx, o.tenant, func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
		if err := errors.Join(err, w.awaitStatus(ctx, host, http.StatusPaymentRequired, o.tenant)); err != nil {
			return err
		}
		w.suspend(host, true)
		if err := w.AwaitReady(ctx, o.tenant); err != nil {
			return err
		}
		w.suspend(host, false)
		err = w.Edit(ctx, o.tenant, func(t *v1alpha1.Tenant) { t.Spec.Suspended = nil })
		if err := errors.Join(err, w.awaitStatus(ctx, host, http.StatusOK, o.tenant)); err != nil {
			return err
		}
	}
	return nil
}

func reusedName(ctx context.Context, w *world, another func(int) bool) error {
	for i := 0; another(i); i++ {
		o := newOwner("popular")
		if err := errors.Join(w.settle(ctx, o), w.remove(ctx, o), w.age(ctx, primary(o.tenant))); err != nil {
			return err
		}
	}
	return nil
}

// The schema is the same, but the host is not: the old host must not show the new posts in the schema.
func reusedSchema(ctx context.Context, w *world, another func(int) bool) error {
	for i := 0; another(i); i++ {
		o := newOwner(fmt.Sprintf("lodger-%d", i))
		lodge := func(t *v1alpha1.Tenant) { t.Spec.SchemaName = "lodgings" }
		if err := errors.Join(w.settle(ctx, o, lodge), w.remove(ctx, o), w.age(ctx, primary(o.tenant))); err != nil {
			return err
		}
	}
	return nil
}

func freshStarts(ctx context.Context, w *world, another func(int) bool) error {
	var tombstone int64
	for i := 0; another(i); i++ {
		o := newOwner("phoenix")
		retained := func(t *v1alpha1.Tenant) {
			t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
			if i > 0 {
				metav1.SetMetaDataAnnotation(&t.ObjectMeta, v1alpha1.AnnotationOnTombstone, v1alpha1.FreshTombstone(tombstone))
			}
		}
		if i > 0 {
			var err error
			if tombstone, err = w.Tombstone(ctx, o.tenant); err != nil {
				return err
			}
		}
		if err := errors.Join(w.settle(ctx, o, retained), w.remove(ctx, o), w.age(ctx, primary(o.tenant))); err != nil {
			return err
		}
	}
	return nil
}

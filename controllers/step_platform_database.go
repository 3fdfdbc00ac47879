package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/schema"
)

// ensurePlatformDatabase connects to the database, makes the roles where it may, brings the public tables up to date
// and records whom the database serves.
//
// Sets DatabaseReady; False with DatabaseSecretInvalid, DatabaseUnavailable, RolesMissing, MigrationFailed,
// DatabaseInUse or HostTaken.
func (r *PlatformReconciler) ensurePlatformDatabase(ctx context.Context, s *platformScope) error {
	store, err := r.Databases.connect(ctx, s.platform)
	if err == nil {
		err = r.prepare(ctx, s, store)
	}
	if err != nil {
		return r.platformDatabaseHalt(s, err)
	}
	r.Databases.setPrepared(keyOf(s.platform), true)
	s.platform.Status.SchemaVersion = store.Latest()
	s.set(v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, v1alpha1.ReasonDatabaseReady, "The database answers and serves this Platform.")
	return nil
}

func (r *PlatformReconciler) prepare(ctx context.Context, s *platformScope, store *schema.Store) error {
	ctx, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	if r.Databases.Prepared(keyOf(s.platform)) != store {
		if err := prepareStore(ctx, store); err != nil {
			return err
		}
	}
	want := installationOf(s.platform)
	err := registry.Install(ctx, store.Pool(), want, s.now)
	if postgres.Code(err) == postgres.CodeUndefinedTable { // somebody has emptied the database
		if err := prepareStore(ctx, store); err != nil {
			return err
		}
		err = registry.Install(ctx, store.Pool(), want, s.now)
	}
	if err != nil {
		return err
	}
	taken, err := registry.SetPublicHosts(ctx, store.Pool(), s.platform.PublicHostNames())
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		s.degrade(&halt{
			condition: v1alpha1.ConditionRouteReady, reason: v1alpha1.ReasonHostTaken, stalled: true,
			message: fmt.Sprintf("Tenants have hosts that are to be the public site's: %s.", quoteAll(taken)),
		})
	}
	return nil
}

// installationOf returns what the database is to say of a Platform.
func installationOf(p *v1alpha1.Platform) registry.Installation {
	registration := p.RegistrationMode()
	if p.Spec.Portal == nil { // there is no public site to register on
		registration = v1alpha1.RegistrationClosed
	}
	return registry.Installation{
		Namespace: p.Namespace, Name: p.Name, PublicURL: strings.TrimSuffix(p.Spec.PublicURL, "/"),
		Domain: string(p.Spec.Domains[0]), Registration: string(registration), Contact: p.Spec.Contact,
	}
}

func prepareStore(ctx context.Context, store *schema.Store) error {
	if err := postgres.EnsureRoles(ctx, store.Pool()); err != nil {
		return err
	}
	return store.Prepare(ctx)
}

func (r *PlatformReconciler) platformDatabaseHalt(s *platformScope, err error) error {
	var (
		stopped *halt
		inUse   *registry.InUseError
		edited  *schema.EditedError
	)
	h := &halt{condition: v1alpha1.ConditionDatabaseReady, stalled: true}
	switch {
	case errors.As(err, &stopped):
		return stopped
	case errors.As(err, &inUse):
		h.reason = v1alpha1.ReasonDatabaseInUse
		h.message = fmt.Sprintf("The database serves the Platform %q in the namespace %q: give this one a database of its own.", inUse.Name, inUse.Namespace)
	case errors.As(err, &edited):
		h.reason, h.message = v1alpha1.ReasonMigrationFailed, edited.Error()
	case errors.Is(err, postgres.ErrRolesMissing):
		h.reason = v1alpha1.ReasonRolesMissing
		h.message = `The database roles are missing, and the user in the Secret may not make them: run the output of "operator bootstrap-sql" as an administrator.`
	case ctxFailure(err):
		return err
	default:
		// The Tenants go on trying by themselves: a short outage is not to make them wait for this controller.
		return &halt{condition: v1alpha1.ConditionDatabaseReady, reason: v1alpha1.ReasonDatabaseUnavailable, message: postgres.Explain(err), cause: err}
	}
	r.Databases.setPrepared(keyOf(s.platform), false)
	return h
}

// ctxFailure reports whether the operator itself is stopping.
func ctxFailure(err error) bool { return errors.Is(err, context.Canceled) }

func uninstall(ctx context.Context, store *schema.Store, platform types.NamespacedName) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	return registry.Uninstall(ctx, store.Pool(), platform.Namespace, platform.Name)
}

package platform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// secretRetry is the polling interval for a missing Secret: the operator may get Secrets by name, but not watch them.
const secretRetry = 5 * time.Second

// ensureDatabase connects to the database, creates the roles if it may, migrates the public tables, records which Platform
// the database serves, and purges tombstones.
//
// Sets DatabaseReady; False with DatabaseSecretInvalid, DatabaseUnavailable, RolesMissing, RolePrefixMismatch,
// MigrationEdited or DatabaseInUse; see also repairPublic and purgeTombstones. Sets RouteReady=False with PublicHostTaken.
func (r *Reconciler) ensureDatabase(ctx context.Context, s *scope) error {
	store, err := r.Stores.Connect(ctx, s.platform)
	if err == nil {
		err = r.prepare(ctx, s, store)
	}
	if other := takenOver(s.platform, err); other != nil {
		if err = r.takeOver(ctx, s, store, other); err == nil {
			r.Recorder.Eventf(s.platform, nil, corev1.EventTypeWarning, v1alpha1.ReasonDatabaseTakenOver, "TakeOver",
				"Took over the database from the Platform %q in the namespace %q with the UID %s.", other.Name, other.Namespace, other.NamespaceUID)
			err = r.prepare(ctx, s, store)
		}
	}
	if err != nil {
		return r.databaseError(s, err)
	}
	r.Stores.SetPrepared(client.ObjectKeyFromObject(s.platform), true)
	s.platform.Status.SchemaVersion = r.Stores.Application.Latest()
	purgeTombstones(ctx, s, store)
	if !s.IsDegraded(v1alpha1.ConditionDatabaseReady) {
		s.Set(v1alpha1.ConditionDatabaseReady, metav1.ConditionTrue, v1alpha1.ReasonDatabaseReady, "The database is ready for use.")
	}
	return nil
}

// takenOver returns the error of a database that serves another installation, if the Platform is to take it over. It returns
// nil if the other Platform is in the same namespace: the lock of TakeOver does not stop an operator of that namespace.
func takenOver(p *v1alpha1.Platform, err error) *tenancy.InUseError {
	var other *tenancy.InUseError
	if recorded := p.Annotations[v1alpha1.AnnotationTakeOver]; errors.As(err, &other) && recorded == other.NamespaceUID && !other.SameNamespace {
		return other
	}
	return nil
}

// takeOver takes the database over, and removes the annotation: if the other installation took it back later, the two would
// take it from each other without end.
func (r *Reconciler) takeOver(ctx context.Context, s *scope, store *tenancy.Store, other *tenancy.InUseError) error {
	if err := store.TakeOver(ctx, s.platform.Namespace, s.platform.Name, other.NamespaceUID); err != nil {
		return err
	}
	done := s.platform.DeepCopy()
	delete(done.Annotations, v1alpha1.AnnotationTakeOver)
	if err := r.Client.Patch(ctx, done, client.MergeFrom(s.platform), client.FieldOwner(status.FieldManager)); err != nil {
		return fmt.Errorf("remove the annotation of Platform %s: %w", s.platform.Name, err)
	}
	return nil
}

func (r *Reconciler) prepare(ctx context.Context, s *scope, store *tenancy.Store) error {
	ctx, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	if r.Stores.Prepared(client.ObjectKeyFromObject(s.platform)) != store {
		if err := store.Prepare(ctx); err != nil {
			return err
		}
		if err := store.Prefetch(ctx); err != nil {
			return err
		}
	}
	want := installationOf(s.platform)
	err := store.Install(ctx, want, s.now)
	if postgres.Code(err) == postgres.CodeUndefinedTable { // the database was emptied since it was prepared
		if err := store.Prepare(ctx); err != nil {
			return err
		}
		err = store.Install(ctx, want, s.now)
	}
	if err != nil {
		return err
	}
	if err := repairPublic(ctx, s, store); err != nil {
		return err
	}
	taken, err := store.SetPublicHosts(ctx, s.platform.PublicHostNames())
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		s.Degrade(step.Stalled(v1alpha1.ConditionRouteReady, v1alpha1.ReasonPublicHostTaken,
			fmt.Sprintf("Hosts of the public site belong to Tenants: %s.", status.Quote(taken))))
	}
	return nil
}

// installationOf returns what the database records of a Platform.
func installationOf(p *v1alpha1.Platform) tenancy.Installation {
	mode := p.RegistrationMode()
	return tenancy.Installation{
		Namespace: p.Namespace, Name: p.Name, PublicURL: strings.TrimSuffix(p.Spec.PublicURL, "/"),
		Domain: string(p.Spec.Domains[0]), Contact: p.Spec.Contact,
		SignUp:       p.Spec.Portal != nil && mode != v1alpha1.RegistrationClosed, // there is no public site otherwise
		CodeRequired: mode == v1alpha1.RegistrationInvite,
	}
}

// databaseError turns an error of the store into the error of a step. Unless the error is transient, Tenants stop using
// the database.
func (r *Reconciler) databaseError(s *scope, err error) error {
	var (
		secret  *databasesecret.InvalidError
		inUse   *tenancy.InUseError
		edited  *tenancy.EditedError
		missing *postgres.RolesMissingError
		prefix  *postgres.RolePrefixError
		stalled *step.Error
	)
	switch {
	case errors.As(err, &secret):
		return stalledOnDatabase(v1alpha1.ReasonDatabaseSecretInvalid,
			fmt.Sprintf("The Secret %q does not hold the address of the database: %s.", secret.Secret, secret.Problem)).WithRetryAfter(secretRetry)
	case errors.As(err, &inUse):
		stalled = stalledOnDatabase(v1alpha1.ReasonDatabaseInUse, diagnosis.DescribeInUse(inUse))
	case errors.As(err, &edited):
		stalled = stalledOnDatabase(v1alpha1.ReasonMigrationEdited,
			fmt.Sprintf("The migration %s of %q was edited after it was applied.", edited.Name, edited.Application))
	case errors.As(err, &prefix):
		stalled = stalledOnDatabase(v1alpha1.ReasonRolePrefixMismatch,
			fmt.Sprintf("The user %q in the Secret is the operator with the role prefix %q, and not with that of the Platform, %q. Command: %s",
				prefix.User, prefix.Prefix, s.platform.RolePrefix(), diagnosis.BootstrapCommand(s.platform)))
	case errors.As(err, &missing):
		stalled = stalledOnDatabase(v1alpha1.ReasonRolesMissing,
			fmt.Sprintf("Database roles are missing, or may not connect to the database: %s. The user %q in the Secret cannot change that. Command: %s",
				status.Quote(missing.Roles), missing.User, diagnosis.BootstrapCommand(s.platform)))
	case s.IsDegraded(v1alpha1.ConditionDatabaseReady) && !postgres.Unavailable(err): // by repairPublic, which knows the cause
		stalled = s.Degraded()
	case errors.Is(err, context.Canceled): // the operator is shutting down
		return err
	default:
		// Tenants keep retrying on their own: after a short outage they must not wait for this controller.
		return databaseUnavailable(err)
	}
	r.Stores.SetPrepared(client.ObjectKeyFromObject(s.platform), false)
	return stalled
}

func stalledOnDatabase(reason, message string) *step.Error {
	return step.Stalled(v1alpha1.ConditionDatabaseReady, reason, message)
}

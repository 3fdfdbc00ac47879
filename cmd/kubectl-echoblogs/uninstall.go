package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// uninstallTimeout limits the duration of an uninstallation.
	uninstallTimeout = time.Hour
	// callTimeout limits one call to the API server.
	callTimeout = 15 * time.Second
	// concurrency is how many objects an uninstallation changes at once.
	concurrency = 8
	// defaultProgressDeadline is longer than a pod may take to stop, or the operator to end a Tenant.
	defaultProgressDeadline = 2 * time.Minute
)

// uninstallation removes the objects of one namespace.
type uninstallation struct {
	*cluster
	out io.Writer
	// operatorStopped is true if the user says that no operator runs outside of the namespace.
	operatorStopped bool
	// progressDeadline is how long the next pod may take to stop, or the next object to be deleted.
	progressDeadline time.Duration
}

func uninstallCommand(flags *clusterFlags) *cobra.Command {
	u := &uninstallation{}
	var keepData, retain bool
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Remove the Tenants and Platforms of a namespace, and keep their data",
		Long: `Remove the Tenants, the Platforms and their Ingresses of a namespace, with your own permissions. The CRDs and other
namespaces stay. Afterwards, "kubectl delete namespace" removes the rest.

  --keep-data  stops the operator and the public site, and leaves rows and schemas as they are: a new installation that
               takes over the database continues with them. It also helps if the namespace is being deleted and does not
               go away, because no operator runs any more.
  --retain     stops the public site, and lets the operator turn every Tenant into a tombstone, also those that would be
               deleted with their data. The operator must run.

It can be repeated after a failure.`,
		Example: "  kubectl echoblogs uninstall -n staging --keep-data",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.namespace == "" {
				return errors.New("name the namespace with -n")
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), uninstallTimeout)
			defer cancel()
			var err error
			if u.cluster, err = flags.connect(); err != nil {
				return err
			}
			u.out = cmd.OutOrStdout()
			if keepData {
				return u.keepData(ctx)
			}
			return u.retain(ctx)
		},
	}
	cmd.Flags().BoolVar(&keepData, "keep-data", false, "leave rows and schemas as they are")
	cmd.Flags().BoolVar(&retain, "retain", false, "turn every Tenant into a tombstone")
	cmd.Flags().BoolVar(&u.operatorStopped, "operator-stopped", false, "with --keep-data: no operator runs outside of the namespace")
	cmd.Flags().DurationVar(&u.progressDeadline, "progress-deadline", defaultProgressDeadline, "give up if no further pod stops, or no further object is deleted, for so long")
	cmd.MarkFlagsOneRequired("keep-data", "retain")
	cmd.MarkFlagsMutuallyExclusive("keep-data", "retain")
	return cmd
}

// deleteIngresses deletes the Ingresses that an operator has left.
func (u *uninstallation) deleteIngresses(ctx context.Context) error {
	var ingresses networkingv1.IngressList
	err := u.Client.List(ctx, &ingresses, client.InNamespace(u.Namespace), client.MatchingLabels{routing.LabelManagedBy: routing.ManagedBy})
	if err != nil {
		return fmt.Errorf("list the Ingresses: %w", err)
	}
	return each(ctx, ingresses.Items, func(ctx context.Context, ingress *networkingv1.Ingress) error {
		if err := client.IgnoreNotFound(u.Client.Delete(ctx, ingress)); err != nil {
			return fmt.Errorf("delete Ingress %s: %w", ingress.Name, err)
		}
		return nil
	})
}

// platforms lists the Platforms of the namespace.
func (u *uninstallation) platforms(ctx context.Context) ([]v1alpha1.Platform, error) {
	var platforms v1alpha1.PlatformList
	err := u.list(ctx, "Platforms", &platforms)
	return platforms.Items, err
}

// tenants lists the Tenants of the namespace.
func (u *uninstallation) tenants(ctx context.Context) ([]v1alpha1.Tenant, error) {
	var tenants v1alpha1.TenantList
	err := u.list(ctx, "Tenants", &tenants)
	return tenants.Items, err
}

// list lists objects of the namespace. A kind whose CRD is gone has none: if the CRDs were deleted first, the API server removes
// each of them with its last object, so that a repetition may find one without the other.
func (u *uninstallation) list(ctx context.Context, kind string, list client.ObjectList, options ...client.ListOption) error {
	err := u.Client.List(ctx, list, append(options, client.InNamespace(u.Namespace))...)
	if err != nil && !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) {
		return fmt.Errorf("list the %s: %w", kind, err)
	}
	return nil
}

// report returns sentences that say what stays in the database of a Platform. Read it before the Platform and its Secret are
// deleted. If recorded, the database still serves the Platform afterwards, and the report says how another one can use it.
func (u *uninstallation) report(ctx context.Context, platform *v1alpha1.Platform, recorded bool) string {
	var namespace corev1.Namespace
	if err := u.Client.Get(ctx, client.ObjectKey{Name: u.Namespace}, &namespace); err != nil {
		return fmt.Sprintf("The namespace could not be read: %s.", err)
	}
	takeOver := ""
	if recorded {
		takeOver = fmt.Sprintf(" A Platform in a new namespace that is Stalled with DatabaseInUse can use that database after this:\n  kubectl annotate platform %s %s=%s\n",
			platform.Name, v1alpha1.AnnotationTakeOver, namespace.UID)
	}
	db, err := u.Database(ctx, platform)
	if err != nil {
		return fmt.Sprintf("All data of the Platform %q stays in its database, which could not be read from here.%s", platform.Name, takeOver)
	}
	defer db.Close()
	registry := tenancy.NewReader(db)
	if served, err := registry.Installation(ctx); err == nil && served.NamespaceUID != string(namespace.UID) {
		return fmt.Sprintf("The database of the Platform %q serves another installation, and nothing in it was changed.", platform.Name)
	}
	count, err := registry.CountTenants(ctx)
	if err != nil {
		return fmt.Sprintf("All data of the Platform %q stays in its database, whose registry could not be read.%s", platform.Name, takeOver)
	}
	return fmt.Sprintf("In the database of the Platform %q, %d live tenants and %d tombstones stay, with their schemas.%s", platform.Name, count.Live, count.Tombstones, takeOver)
}

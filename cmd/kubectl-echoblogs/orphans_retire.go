package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/commands"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func retireCommand(flags *clusterFlags, platform *string) *cobra.Command {
	return &cobra.Command{
		Use:   "retire NAME",
		Short: "Turn an orphan into a tombstone",
		Long: `Turn an orphan into a tombstone, as if its Tenant had been deleted: its name stays taken, and its data is kept and can be
restored for as long as that of other deleted Tenants. It counts as a deletion: if too many Tenants were deleted within an
hour, it is refused.`,
		Example: "  kubectl echoblogs orphans retire alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			return retire(ctx, cmd.OutOrStdout(), cluster, *platform, args[0])
		},
	}
}

// retire turns an orphan into a tombstone.
func retire(ctx context.Context, out io.Writer, cluster *cluster, platformName, name string) error {
	platform, inspector, closeDatabase, err := cluster.Inspector(ctx, platformName)
	if err != nil {
		return err
	}
	defer closeDatabase()
	row, err := findOrphan(ctx, cluster, inspector, platform, name)
	if err != nil {
		return err
	}
	count, err := inspector.CountTenants(ctx)
	if err != nil {
		return commands.RegistryError(err)
	}
	store, err := cluster.Store(ctx, platform)
	if err != nil {
		return err
	}
	defer store.Close()
	now := time.Now()
	purgeAt := now.AddDate(0, 0, platform.RetentionDays())
	brake := &tenancy.Brake{PerHour: platform.MaxDeletionsPerHour(), Live: count.Live}
	tombstone, err := store.Retain(ctx, row, tenancy.DeletedTenant{UID: row.UID, Owner: row.Owner}, brake, now, purgeAt)
	if err != nil {
		return retireError(name, err)
	}
	if err := cluster.deleteIngress(ctx, name); err != nil {
		return err
	}
	if tombstone == "" {
		fmt.Fprintf(out, "Released %s, which had no schema.\n", name)
		return nil
	}
	fmt.Fprintf(out, "Retired %s: its data is kept as tombstone %d in the schema %s until %s.\n", name, row.ID, tombstone, v1alpha1.NewDate(purgeAt))
	return nil
}

// findOrphan returns the live row called name, which must have no Tenant, and an object that a tombstone can keep.
func findOrphan(ctx context.Context, cluster *cluster, registry tenancy.Inspector, platform *v1alpha1.Platform, name string) (tenancy.Tenant, error) {
	row, err := registry.Find(ctx, name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound), err == nil && row.State != tenancy.StateLive:
		return row, fmt.Errorf("there is no orphan %q; \"kubectl echoblogs orphans\" lists all", name)
	case err != nil:
		return row, commands.RegistryError(err)
	case diagnosis.AwaitsTenant(row, time.Now()):
		return row, fmt.Errorf("the deletion of the Tenant %q has just been cancelled, and it is being created again", name)
	case row.ObjectDigest == "":
		return row, fmt.Errorf("the registry keeps no object for %q; create its Tenant with the annotation %s=%s, and delete that", name, v1alpha1.AnnotationAdoptOrphan, row.UID)
	}
	var tenant v1alpha1.Tenant
	switch err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: name}, &tenant); {
	case client.IgnoreNotFound(err) != nil:
		return row, fmt.Errorf("look for Tenant %s: %w", name, err)
	case err == nil && tenant.PlatformName() == platform.Name && !diagnosis.LeftBehind(&tenant, row):
		return row, fmt.Errorf("the row of %q is no orphan: its Tenant exists; delete that", name)
	}
	return row, nil
}

func retireError(name string, err error) error {
	var held *tenancy.HeldError
	switch {
	case errors.As(err, &held):
		return fmt.Errorf("%q is not retired, because %d Tenants were deleted or retired within an hour, and no more may be; try again later, or raise spec.protection.maxDeletionsPerHour of the Platform", name, held.Limit)
	case errors.Is(err, tenancy.ErrConflict):
		return fmt.Errorf("%q has just changed; see \"kubectl echoblogs orphans\"", name)
	}
	return commands.RegistryError(err)
}

// deleteIngress deletes what is left of the route of a Tenant.
func (c *cluster) deleteIngress(ctx context.Context, tenant string) error {
	var ingress networkingv1.Ingress
	err := c.Client.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: routing.TenantIngressName(tenant)}, &ingress)
	if err == nil && ingress.Labels[routing.LabelManagedBy] == routing.ManagedBy {
		err = c.Client.Delete(ctx, &ingress, client.Preconditions{UID: &ingress.UID})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete the Ingress of %s: %w", tenant, err)
	}
	return nil
}

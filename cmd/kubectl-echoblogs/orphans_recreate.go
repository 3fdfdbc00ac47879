package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/commands"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// recreateTimeout limits the duration of the recreation of all Tenants.
const recreateTimeout = time.Hour

func recreateCommand(flags *clusterFlags, platform *string) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "recreate NAME | --all",
		Short: "Create the Tenants of orphans again, as the registry keeps them",
		Long: `Create the Tenant of an orphan again, with the spec, the labels, the annotations and the field managers that it had. It has
the data of the row, and is served or suspended as its spec says. If another Tenant of that name is Stalled with
OrphanExists, that one gets the data, and stays as it is otherwise; but not if it belongs to another owner, and with --all not
if it has no owner and the row has one. It can be repeated after a failure.`,
		Example: "  kubectl echoblogs orphans recreate alice\n  kubectl echoblogs orphans recreate --all",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return errors.New("name an orphan, or set --all")
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), recreateTimeout)
			defer cancel()
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			_, inspector, closeDatabase, err := cluster.Inspector(ctx, *platform)
			if err != nil {
				return err
			}
			defer closeDatabase()
			r := &recreation{cluster: cluster, registry: inspector, out: cmd.OutOrStdout()}
			if all {
				return r.recreateAll(ctx, *platform)
			}
			return r.recreate(ctx, args[0])
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "create the Tenants of all orphans again")
	return cmd
}

// recreation creates Tenants again.
type recreation struct {
	*cluster
	registry tenancy.Inspector
	mu       sync.Mutex
	out      io.Writer
}

// recreateAll creates the Tenants of all orphans again, and completes those that an earlier command has not. It continues after
// a failure, and reports it in the end.
func (r *recreation) recreateAll(ctx context.Context, name string) error {
	platform, err := r.Platform(ctx, name)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	orphans, err := diagnosis.FindOrphans(limited, r.Client, r.registry, platform)
	if err != nil {
		return commands.RegistryError(err)
	}
	var existing v1alpha1.TenantList
	if err := r.Client.List(limited, &existing, client.InNamespace(r.Namespace)); err != nil {
		return fmt.Errorf("list the Tenants: %w", err)
	}
	var (
		names     []string
		failures  []error
		ownerless = map[string]bool{} // Tenants that exist
	)
	for i := range existing.Items {
		tenant := &existing.Items[i]
		ownerless[tenant.Name] = tenant.OwnerName() == ""
		_, incomplete := tenant.Annotations[v1alpha1.AnnotationFieldManagers]
		if _, adopts := tenant.Annotations[v1alpha1.AnnotationAdoptOrphan]; incomplete && adopts {
			names = append(names, tenant.Name)
		}
	}
	for _, row := range orphans {
		if row.Owner != "" && ownerless[row.Name] {
			failures = append(failures, fmt.Errorf("the row of %q belongs to the owner %q, and its Tenant to none; recreate it by its name if it is to have that data", row.Name, row.Owner))
			continue
		}
		names = append(names, row.Name)
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names)+len(failures) == 0 {
		fmt.Fprintln(r.out, "No orphans found.")
		return nil
	}
	err = each(ctx, names, func(ctx context.Context, name *string) error {
		if err := r.recreate(ctx, *name); err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			failures = append(failures, err)
		}
		return nil
	})
	return errors.Join(append(failures, err)...)
}

// recreate creates the Tenant of a live row again.
func (r *recreation) recreate(ctx context.Context, name string) error {
	row, err := r.registry.Find(ctx, name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound), err == nil && row.State != tenancy.StateLive:
		return fmt.Errorf("there is no orphan %q; \"kubectl echoblogs orphans\" lists all", name)
	case err != nil:
		return commands.RegistryError(err)
	}
	gone, err := r.keptTenant(ctx, r.registry.Reader, row)
	if err != nil {
		return err
	}
	switch err := tenants.Recreate(ctx, r.Client, gone, row.UID); {
	case errors.Is(err, tenants.ErrOtherOwner):
		return fmt.Errorf("the row of %q belongs to the owner %q, and the Tenant %q to another; if that one is to have the data, annotate it with %s=%s", name, row.Owner, name, v1alpha1.AnnotationAdoptOrphan, row.UID)
	case errors.Is(err, tenants.ErrExists):
		return fmt.Errorf("the Tenant %q exists and has not been checked since it was created, or is no orphan; see its condition Ready", name)
	case err != nil:
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "Tenant %s has the data of schema %s.\n", name, row.SchemaName)
	return nil
}

// keptTenant returns the Tenant that the registry keeps for a row.
func (c *cluster) keptTenant(ctx context.Context, registry tenancy.Reader, row tenancy.Tenant) (*v1alpha1.Tenant, error) {
	object, err := registry.ReadObject(ctx, row.ID)
	switch {
	case errors.Is(err, tenancy.ErrNotFound):
		return nil, fmt.Errorf("the registry keeps no object for %q; create its Tenant with the annotation %s=%s", row.Name, v1alpha1.AnnotationAdoptOrphan, row.UID)
	case err != nil:
		return nil, commands.RegistryError(err)
	}
	tenant := &v1alpha1.Tenant{}
	if err := json.Unmarshal(object.JSON, tenant); err != nil {
		return nil, fmt.Errorf("decode the object that the registry keeps for %q: %w", row.Name, err)
	}
	tenant.Namespace = c.Namespace
	return tenant, nil
}

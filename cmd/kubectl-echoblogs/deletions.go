package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// deletionsTimeout limits the duration of the decisions about many deletions.
const deletionsTimeout = 30 * time.Minute

func deletionsCommand(flags *clusterFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deletions",
		Short: "List the deletions of Tenants that are held, and decide about them",
		Long: `List the Tenants whose deletion is held, because more were deleted within an hour than spec.protection of the Platform
allows. They are served until someone decides.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withHeld(cmd, flags, nil, func(_ context.Context, c *cluster, held []v1alpha1.Tenant) error {
				return listHeld(cmd.OutOrStdout(), c.Namespace, held)
			})
		},
	}
	approve := &cobra.Command{
		Use:     "approve NAME...",
		Short:   "Let the held deletions of Tenants pass",
		Example: "  kubectl echoblogs deletions approve alice",
		Args:    cobra.MinimumNArgs(1),

		ValidArgsFunction: completeHeld(flags),
		RunE: func(cmd *cobra.Command, names []string) error {
			return withHeld(cmd, flags, names, decideEach(cmd.OutOrStdout(), "approved", tenants.ApproveDeletion))
		},
	}
	cmd.AddCommand(approve, cancelDeletionsCommand(flags))
	return cmd
}

func cancelDeletionsCommand(flags *clusterFlags) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "cancel NAME...|--all",
		Short: "Cancel the held deletions of Tenants",
		Long: `Cancel the held deletions of Tenants. An object that is being deleted cannot be kept, so the operator removes it, and it is
created again: with the same spec, labels, annotations and field managers, and another UID. Its readers notice nothing. If
the command is interrupted, "kubectl echoblogs orphans recreate" does the rest.`,
		Example: "  kubectl echoblogs deletions cancel alice",

		ValidArgsFunction: completeHeld(flags),
		RunE: func(cmd *cobra.Command, names []string) error {
			if all == (len(names) > 0) {
				return errors.New("give the names of Tenants, or --all")
			}
			return withHeld(cmd, flags, names, decideEach(cmd.OutOrStdout(), "cancelled", tenants.CancelDeletion))
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "cancel all held deletions in the namespace")
	return cmd
}

// withHeld calls do with the Tenants of the given names whose deletions are held, or with all of those if there are no names.
func withHeld(cmd *cobra.Command, flags *clusterFlags, names []string, do func(context.Context, *cluster, []v1alpha1.Tenant) error) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), deletionsTimeout)
	defer cancel()
	cluster, err := flags.connect()
	if err != nil {
		return err
	}
	var found []v1alpha1.Tenant
	for _, name := range names {
		tenant, err := cluster.Tenant(ctx, name)
		if err != nil {
			return err
		}
		if !tenants.IsHeld(tenant) {
			return fmt.Errorf("the deletion of Tenant %q is not held; \"kubectl echoblogs deletions\" lists those that are", name)
		}
		found = append(found, *tenant)
	}
	if len(names) == 0 {
		if found, err = cluster.heldTenants(ctx); err != nil {
			return err
		}
	}
	return do(ctx, cluster, found)
}

// heldTenants reads the Tenants whose deletions are held.
func (c *cluster) heldTenants(ctx context.Context) ([]v1alpha1.Tenant, error) {
	var list v1alpha1.TenantList
	if err := c.Client.List(ctx, &list, client.InNamespace(c.Namespace), client.MatchingFields{"status.phase": string(v1alpha1.TenantTerminating)}); err != nil {
		return nil, fmt.Errorf("list the Tenants: %w", err)
	}
	var held []v1alpha1.Tenant
	for i := range list.Items {
		if tenants.IsHeld(&list.Items[i]) {
			held = append(held, list.Items[i])
		}
	}
	return held, nil
}

func listHeld(out io.Writer, namespace string, held []v1alpha1.Tenant) error {
	if len(held) == 0 {
		fmt.Fprintf(out, "No deletions are held in the namespace %q.\n", namespace)
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tOWNER\tURL\tDELETED")
	for i := range held {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", held[i].Name, cmp.Or(held[i].OwnerName(), "-"), held[i].Status.URL, held[i].DeletionTimestamp.UTC().Format(time.RFC3339))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// decideEach decides about each deletion and says so. An error does not keep it from deciding about the others.
func decideEach(out io.Writer, decision string, decide func(context.Context, client.Client, *v1alpha1.Tenant) error) func(context.Context, *cluster, []v1alpha1.Tenant) error {
	return func(ctx context.Context, c *cluster, held []v1alpha1.Tenant) error {
		var failed []error
		for i := range held {
			switch err := decide(ctx, c.Client, &held[i]); {
			case errors.Is(err, tenants.ErrNotDone):
				failed = append(failed, fmt.Errorf("%w; check that it runs, and then run: kubectl echoblogs orphans recreate %s", err, held[i].Name))
				continue
			case err != nil:
				failed = append(failed, err)
				continue
			}
			fmt.Fprintf(out, "Tenant %s: the deletion is %s.\n", held[i].Name, decision)
		}
		if len(held) == 0 {
			fmt.Fprintf(out, "No deletions are held in the namespace %q.\n", c.Namespace)
		}
		return errors.Join(failed...)
	}
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/commands"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
)

func orphansCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:   "orphans",
		Short: "List live rows of the registry that have no Tenant",
		Long: `List live rows of the registry that have no Tenant, such as those that the restoration of an older database has brought
back, with what a Tenant needs to have their data: the same owner, host and schema, or the annotation
tenancy.echoblogs.io/adopt-orphan with the UID. It changes nothing. The subcommands create such Tenants again, or turn the rows into tombstones.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			return listOrphans(ctx, cmd.OutOrStdout(), cluster, platform)
		},
	}
	cmd.PersistentFlags().StringVar(&platform, "platform", "default", "the Platform")
	cmd.AddCommand(recreateCommand(flags, &platform), retireCommand(flags, &platform))
	return cmd
}

func listOrphans(ctx context.Context, out io.Writer, cluster *cluster, name string) error {
	platform, inspector, closeDatabase, err := cluster.Inspector(ctx, name)
	if err != nil {
		return err
	}
	defer closeDatabase()
	orphans, err := diagnosis.FindOrphans(ctx, cluster.Client, inspector, platform)
	if err != nil {
		return commands.RegistryError(err)
	}
	if len(orphans) == 0 {
		fmt.Fprintln(out, "No orphans found.")
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tOWNER\tHOST\tSCHEMA\tUID\tSUSPENDED")
	for _, row := range orphans {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%t\n", row.Name, cmp.Or(row.Owner, "-"), row.PrimaryHost, row.SchemaName, row.UID, row.SuspendAt.IsZero())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

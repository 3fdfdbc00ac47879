package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
)

func doctorCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "List orphans and drift between the API server and the database",
		Long: `List orphans and drift between the API server and the database: Tenants without a row, rows without a Tenant,
schemas that are unknown, missing or lack what the application needs, and Ingresses that have drifted. It changes nothing. The exit status is 1 if there are findings.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			return doctor(ctx, cmd.OutOrStdout(), cluster, platform)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform")
	return cmd
}

func doctor(ctx context.Context, out io.Writer, cluster *cluster, name string) error {
	platform, inspector, closeDatabase, err := cluster.inspector(ctx, name)
	if err != nil {
		return err
	}
	defer closeDatabase()
	findings, err := diagnosis.Run(ctx, cluster.client, inspector, platform, blog.Application)
	if err != nil {
		return registryError(err)
	}
	if len(findings) == 0 {
		fmt.Fprintln(out, "No problems found.")
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "KIND\tNAME\tFINDING")
	for _, finding := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", finding.Kind, finding.Name, finding.Problem)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return fmt.Errorf("%d findings", len(findings))
}

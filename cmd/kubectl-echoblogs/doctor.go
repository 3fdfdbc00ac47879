package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/account/migrations"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
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
	platform, err := cluster.platform(ctx, name)
	if err != nil {
		return err
	}
	db, err := cluster.database(ctx, platform)
	if err != nil {
		return err
	}
	defer db.Close()
	inspector := tenancy.NewInspector(db, tenancy.Options{
		Application: blog.Application, Public: []application.Set{migrations.Set}, RolePrefix: postgres.RolePrefix(platform.RolePrefix()),
	})
	findings, err := diagnosis.Run(ctx, cluster.client, inspector, platform, blog.Application)
	if err != nil {
		if code := postgres.Code(err); code != "" {
			return fmt.Errorf("read the registry: %s", postgres.LogText(err))
		}
		return err
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

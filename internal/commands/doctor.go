package commands

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
)

// DoctorHelp describes the command doctor.
const DoctorHelp = `List orphans and drift between the API server and the database: Tenants without a row, rows without a Tenant,
schemas that are unknown, missing or lack what the application needs, and Ingresses that have drifted. It changes nothing. The exit status is 1 if there are findings.`

// Doctor compares the Tenants of the Platform called name with what exists for them, and prints what differs. It returns an error
// if anything does.
func (i *Installation) Doctor(ctx context.Context, out io.Writer, name string) error {
	platform, inspector, closeDatabase, err := i.Inspector(ctx, name)
	if err != nil {
		return err
	}
	defer closeDatabase()
	findings, err := diagnosis.Run(ctx, i.Client, inspector, platform, blog.Application)
	if err != nil {
		return RegistryError(err)
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

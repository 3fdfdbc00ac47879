// Command operator makes Tenants real: it is the only program that creates schemas, runs migrations and writes the
// registry.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

func main() {
	root := &cobra.Command{
		Use:           "operator",
		Short:         "The EchoBlogs operator",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(runCommand(), bootstrapCommand())
	if err := root.ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func bootstrapCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "bootstrap-sql",
		Short: "Print the SQL by which an administrator makes the database roles and gives them their rights",
		Long: `Print the SQL by which an administrator makes the database roles and gives them their rights on the
current database. It sets no password and may be run again:

  operator bootstrap-sql | psql "$ADMINISTRATOR_URI"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), postgres.BootstrapSQL)
			return err
		},
	}
}

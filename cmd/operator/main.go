// Command operator reconciles Tenants and Platforms. It is the only program that creates schemas, runs migrations and
// writes the registry.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/version"
)

func main() {
	root := &cobra.Command{
		Use:           "operator",
		Short:         "The EchoBlogs operator",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(runCommand(), bootstrapCommand(), bootstrapDatabaseCommand(), applyCRDsCommand(), unlabelNamespaceCommand(), checkCommand(), doctorCommand(), explainCommand(), version.Command())
	if err := root.ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func bootstrapCommand() *cobra.Command {
	var engine, prefix string
	cmd := &cobra.Command{
		Use:   "bootstrap-sql",
		Short: "Print the SQL that creates the database roles and grants their privileges",
		Long: `Print the SQL that creates the database roles and grants their privileges on the current database. Run it as
an administrator of the database. It sets no passwords and can be run repeatedly:

  operator bootstrap-sql | psql "$ADMINISTRATOR_URI"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := naming.CheckRolePrefix(prefix); err != nil {
				return fmt.Errorf("--role-prefix: %w", err)
			}
			roles := postgres.RolePrefix(prefix)
			sql := postgres.BootstrapSQL(roles, blog.Application.Programs())
			citus, err := isCitus(engine)
			if err != nil {
				return err
			}
			if citus {
				sql += postgres.CitusBootstrapSQL(roles)
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), sql)
			return err
		},
	}
	cmd.Flags().StringVar(&engine, "engine", "postgresql", "the database server: postgresql, or citus for a Citus cluster")
	cmd.Flags().StringVar(&prefix, "role-prefix", postgres.DefaultRolePrefix.String(), "the start of the names of the roles: the Platform's spec.database.rolePrefix")
	return cmd
}

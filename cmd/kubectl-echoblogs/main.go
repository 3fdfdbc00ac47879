// Command kubectl-echoblogs is the kubectl plugin for administrators of EchoBlogs. Installed on the PATH, it runs as
// "kubectl echoblogs".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Windows has no time zones

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var flags clusterFlags
	root := &cobra.Command{
		Use:           "kubectl-echoblogs",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl echoblogs"},
		Short:         "Operate the Tenants of an EchoBlogs platform",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	// The archives of the plugin have a script by which kubectl completes the arguments, so no shell needs one of cobra's.
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	flags.register(root.PersistentFlags())
	root.AddCommand(postCommand(&flags), doctorCommand(&flags), explainCommand(&flags), orphansCommand(&flags), deletionsCommand(&flags), uninstallCommand(&flags), inviteCommand(&flags), staffCommand(&flags), version.Command())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/commands"
)

// inspectTimeout bounds a command that inspects an installation.
const inspectTimeout = time.Minute

// inPodHelp says who runs a command.
const inPodHelp = `

"kubectl echoblogs" runs this in a pod of the operator if the database cannot be reached from where it is.`

func doctorCommand() *cobra.Command {
	return inspectCommand(&cobra.Command{
		Use:   "doctor",
		Short: "List orphans and drift between the API server and the database",
		Long:  commands.DoctorHelp + inPodHelp,
		Args:  cobra.NoArgs,
	}, func(ctx context.Context, cmd *cobra.Command, i *commands.Installation, platform string) error {
		return i.Doctor(ctx, cmd.OutOrStdout(), platform)
	})
}

func explainCommand() *cobra.Command {
	return inspectCommand(&cobra.Command{
		Use:   "explain NAME",
		Short: "Explain why a Tenant is, or is not, served",
		Long:  commands.ExplainHelp + inPodHelp,
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, cmd *cobra.Command, i *commands.Installation, platform string) error {
		explanation, err := i.Explain(ctx, cmd.Flags().Arg(0), platform)
		if err != nil {
			return err
		}
		return commands.WriteExplanation(cmd.OutOrStdout(), explanation)
	})
}

// inspectCommand completes a command that inspects an installation.
func inspectCommand(cmd *cobra.Command, inspect func(context.Context, *cobra.Command, *commands.Installation, string) error) *cobra.Command {
	var (
		c        cluster
		platform string
	)
	c.register(cmd)
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(cmd.Context(), inspectTimeout)
		defer cancel()
		api, err := c.client(newScheme)
		if err != nil {
			return err
		}
		return inspect(ctx, cmd, &commands.Installation{Client: api, Namespace: c.namespace, Program: "echoblogs-operator " + cmd.Name()}, platform)
	}
	return cmd
}

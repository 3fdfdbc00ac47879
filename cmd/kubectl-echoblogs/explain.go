package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/commands"
)

func explainCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:               "explain NAME",
		Short:             "Explain why a Tenant is, or is not, served",
		Long:              commands.ExplainHelp + inOperatorHelp,
		Example:           "  kubectl echoblogs explain alice",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeTenant(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return explainTenant(ctx, cmd, flags, args[0], platform)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform in whose registry the name is looked up if there is no Tenant")
	return cmd
}

func explainTenant(ctx context.Context, cmd *cobra.Command, flags *clusterFlags, name, platform string) error {
	cluster, err := flags.connect()
	if err != nil {
		return err
	}
	explanation, err := cluster.Explain(ctx, name, platform)
	if err != nil {
		return err
	}
	if commands.IsUnreachable(explanation) && flags.databaseURI == "" {
		answered, err := explainInOperator(ctx, cmd, flags, cluster, name, platform)
		if answered {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The database is out of reach, and the command could not run in a pod of the operator: %v\n", err)
	}
	return commands.WriteExplanation(cmd.OutOrStdout(), explanation)
}

// explainInOperator explains a Tenant in a pod of the operator. It reports whether the pod has answered; if not, the error says why.
func explainInOperator(ctx context.Context, cmd *cobra.Command, flags *clusterFlags, cluster *cluster, name, platform string) (answered bool, err error) {
	program, err := operatorProgram.start(ctx, cluster, flags, "explain", name, "--platform="+platform)
	if err != nil {
		return false, err
	}
	var printed bytes.Buffer
	program.Stdout, program.Stderr = &printed, cmd.ErrOrStderr()
	err = program.Run()
	if printed.Len() == 0 {
		return false, err
	}
	if _, writeErr := printed.WriteTo(cmd.OutOrStdout()); writeErr != nil {
		return true, fmt.Errorf("write the explanation: %w", writeErr)
	}
	if err != nil {
		return true, operatorProgram.failure
	}
	return true, nil
}

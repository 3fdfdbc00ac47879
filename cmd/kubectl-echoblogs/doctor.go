package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/internal/commands"
)

func doctorCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "List orphans and drift between the API server and the database",
		Long:  commands.DoctorHelp + inOperatorHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			cluster, err := flags.connect()
			if err != nil {
				return err
			}
			err = cluster.Doctor(ctx, cmd.OutOrStdout(), platform)
			var unreachable *commands.UnreachableError
			if !errors.As(err, &unreachable) || flags.databaseURI != "" {
				return err
			}
			program, podErr := operatorProgram.start(ctx, cluster, flags, "doctor", "--platform="+platform)
			if podErr != nil {
				return errors.Join(err, podErr)
			}
			return runProgram(cmd, program, operatorProgram)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform")
	return cmd
}

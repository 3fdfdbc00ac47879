package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/echoblogs/echoblogs/internal/portal"
)

// operateTimeout bounds a command.
const operateTimeout = time.Minute

func inviteCommand() *cobra.Command {
	var l location
	cmd := &cobra.Command{
		Use:   "invite TENANT",
		Short: "Print a link by which the owner of a Tenant chooses a password",
		Long: `Print a link by which the owner that a Tenant names, who has no account yet, chooses a password and logs in. It works
once, within 7 days. Give it to nobody else.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return operate(cmd, l, func(ctx context.Context, o *portal.Operations) (string, error) { return o.Invite(ctx, args[0]) })
		},
	}
	l.register(cmd.Flags())
	return cmd
}

func staffCommand() *cobra.Command {
	staff := &cobra.Command{Use: "staff", Short: "Look after who looks after blogs and accounts"}
	var (
		l               location
		username, email string
	)
	add := &cobra.Command{
		Use:   "add",
		Short: "Make somebody a member of staff, and print a link by which they choose a password",
		Long: `Make the account of that user name a member of staff, and the account where there is none. Then print a link by which
its owner chooses a password. It works once, within an hour; the same command prints another one. Who has a password
already needs none. Give it to nobody else.`,
		Example: "  portal staff add --username jane --email jane@example.com",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operate(cmd, l, func(ctx context.Context, o *portal.Operations) (string, error) {
				return o.AddStaff(ctx, username, email)
			})
		},
	}
	l.register(add.Flags())
	add.Flags().StringVar(&username, "username", "", "the user name")
	add.Flags().StringVar(&email, "email", "", "the address of the account")
	for _, flag := range []string{"username", "email"} {
		if err := add.MarkFlagRequired(flag); err != nil {
			panic(err) // there is no such flag
		}
	}
	staff.AddCommand(add)
	return staff
}

// operate does something and prints the link that comes of it.
func operate(cmd *cobra.Command, l location, do func(context.Context, *portal.Operations) (string, error)) error {
	ctrl.SetLogger(logr.Discard())
	ctx, cancel := context.WithTimeout(cmd.Context(), operateTimeout)
	defer cancel()
	var options portal.Options
	if err := l.complete(&options); err != nil {
		return err
	}
	operations, err := portal.NewOperations(ctx, options)
	if err != nil {
		return err
	}
	defer operations.Close()
	link, err := do(ctx, operations)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), link); err != nil {
		return fmt.Errorf("print the link: %w", err)
	}
	return nil
}

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

// operateTimeout bounds the run time of a command.
const operateTimeout = time.Minute

func inviteCommand() *cobra.Command {
	var l location
	cmd := &cobra.Command{
		Use:   "invite TENANT",
		Short: "Print a link for the owner of a Tenant to set a password",
		Long: `Print a link with which the owner of a Tenant, who has no account yet, sets a password and logs in. The link can be
used once and expires after 7 days. Send it only to the owner.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return operate(cmd, l, func(ctx context.Context, o *portal.Operations) (string, error) { return o.Invite(ctx, args[0]) })
		},
	}
	l.register(cmd.Flags())
	return cmd
}

func staffCommand() *cobra.Command {
	staff := &cobra.Command{Use: "staff", Short: "Manage staff"}
	var (
		l               location
		username, email string
	)
	add := &cobra.Command{
		Use:   "add",
		Short: "Add a member of staff, and print a link to set their password",
		Long: `Give an account the role of staff, creating the account if it does not exist. Then print a link to set its password. An
existing account must have a confirmed email address; it loses its password, and all its browsers are logged out. The link
can be used once and expires after an hour; run the command again for another one. Send it only to the owner of the account.`,
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
	add.Flags().StringVar(&email, "email", "", "the email address of the account")
	for _, flag := range []string{"username", "email"} {
		if err := add.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag does not exist
		}
	}
	staff.AddCommand(add, removeStaffCommand())
	return staff
}

func removeStaffCommand() *cobra.Command {
	var (
		l        location
		username string
	)
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Remove a member of staff",
		Long: `Take the role of staff from an account, and log out all its browsers. The account and its blogs stay. An account without a
blog cannot log in any more, and is removed like those of other users.`,
		Example: "  portal staff remove --username jane",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operate(cmd, l, func(ctx context.Context, o *portal.Operations) (string, error) { return o.RemoveStaff(ctx, username) })
		},
	}
	l.register(cmd.Flags())
	cmd.Flags().StringVar(&username, "username", "", "the user name")
	if err := cmd.MarkFlagRequired("username"); err != nil {
		panic(err) // the flag does not exist
	}
	return cmd
}

// operate runs a command and prints the link or sentence that it returns.
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
	result, err := do(ctx, operations)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), result); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

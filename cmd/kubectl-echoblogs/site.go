package main

import (
	"context"

	"github.com/spf13/cobra"
)

func inviteCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:   "invite TENANT",
		Short: "Print a link for the owner of a Tenant to set a password",
		Long: `Print a link with which the owner of a Tenant, who has no account yet, sets a password and logs in. The link can be
used once and expires after 7 days. The command runs in a pod of the public site.`,
		Example: "  kubectl echoblogs invite alice",
		Args:    cobra.ExactArgs(1),

		ValidArgsFunction: completeTenant(flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runOnSite(cmd, flags, "invite", args[0], "--platform="+platform)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform of the public site")
	return cmd
}

func staffCommand(flags *clusterFlags) *cobra.Command {
	staff := &cobra.Command{Use: "staff", Short: "Manage staff of the public site"}
	var platform, username, email string
	add := &cobra.Command{
		Use:   "add",
		Short: "Add a member of staff, and print a link to set their password",
		Long: `Give an account the role of staff, creating the account if it does not exist. Then print a link to set its password. An
existing account must have a confirmed email address; it loses its password, and all its browsers are logged out. The link
can be used once and expires after an hour; run the command again for another one. The command runs in a pod of the public
site.`,
		Example: "  kubectl echoblogs staff add --username jane --email jane@example.com",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runOnSite(cmd, flags, "staff", "add", "--username="+username, "--email="+email, "--platform="+platform)
		},
	}
	add.Flags().StringVar(&platform, "platform", "default", "the Platform of the public site")
	add.Flags().StringVar(&username, "username", "", "the user name")
	add.Flags().StringVar(&email, "email", "", "the email address")
	for _, flag := range []string{"username", "email"} {
		if err := add.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag does not exist
		}
	}
	staff.AddCommand(add, removeStaffCommand(flags))
	return staff
}

func removeStaffCommand(flags *clusterFlags) *cobra.Command {
	var platform, username string
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Remove a member of staff",
		Long: `Take the role of staff from an account, and log out all its browsers. The account and its blogs stay. The command runs in a
pod of the public site.`,
		Example: "  kubectl echoblogs staff remove --username jane",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runOnSite(cmd, flags, "staff", "remove", "--username="+username, "--platform="+platform)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform of the public site")
	cmd.Flags().StringVar(&username, "username", "", "the user name")
	if err := cmd.MarkFlagRequired("username"); err != nil {
		panic(err) // the flag does not exist
	}
	return cmd
}

// runOnSite runs a portal command in a pod of the public site, or with the program that the flags name.
func runOnSite(cmd *cobra.Command, flags *clusterFlags, arguments ...string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
	defer cancel()
	cluster, err := flags.connect()
	if err != nil {
		return err
	}
	program, err := siteProgram.start(ctx, cluster, flags, arguments...)
	if err != nil {
		return err
	}
	return runProgram(cmd, program, siteProgram)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// siteDeployment is the Deployment of the public site. The site's commands run in its pods, because only they have the
// database credentials.
const siteDeployment = "echoblogs-portal"

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
	if flags.portal != "" {
		return runProgram(cmd, exec.CommandContext(ctx, flags.portal, append(arguments, "--namespace="+cluster.namespace)...))
	}
	var site appsv1.Deployment
	err = cluster.client.Get(ctx, types.NamespacedName{Namespace: cluster.namespace, Name: siteDeployment}, &site)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no Deployment %q in the namespace %q. If the public site runs elsewhere, run this there, with its settings:\n  portal %s --namespace=%s\n"+
			"or name a program that does so with --portal or the environment variable ECHOBLOGS_PORTAL",
			siteDeployment, cluster.namespace, quoteForShell(arguments), cluster.namespace)
	case err != nil:
		return fmt.Errorf("find the public site: %w", err)
	}
	kubectl := []string{"exec", "--namespace=" + cluster.namespace, "deployment/" + siteDeployment, "--container=portal"}
	if flags.kubeconfig != "" {
		kubectl = append(kubectl, "--kubeconfig="+flags.kubeconfig)
	}
	if flags.context != "" {
		kubectl = append(kubectl, "--context="+flags.context)
	}
	return runProgram(cmd, exec.CommandContext(ctx, "kubectl", append(append(kubectl, "--", "/portal"), arguments...)...))
}

// runProgram runs a program that prints the result of a command, or why it failed.
func runProgram(cmd *cobra.Command, program *exec.Cmd) error {
	program.Stdout, program.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	var exit *exec.ExitError
	switch err := program.Run(); {
	case errors.As(err, &exit):
		return errors.New("the public site refused the command, or could not run it: see above")
	case err != nil:
		return fmt.Errorf("run %s: %w", program.Path, err)
	}
	return nil
}

// plainArgument is an argument that a shell does not change.
var plainArgument = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// quoteForShell returns arguments as they are typed into a shell.
func quoteForShell(arguments []string) string {
	quoted := make([]string, len(arguments))
	for i, argument := range arguments {
		quoted[i] = argument
		if !plainArgument.MatchString(argument) {
			quoted[i] = "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

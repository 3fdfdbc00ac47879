package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// siteDeployment is the public site's Deployment, in whose pods its commands run: only there is its database role.
const siteDeployment = "echoblogs-portal"

func inviteCommand(flags *clusterFlags) *cobra.Command {
	var platform string
	cmd := &cobra.Command{
		Use:   "invite TENANT",
		Short: "Print a link by which the owner of a Tenant chooses a password",
		Long: `Print a link by which the owner that a Tenant names, who has no account yet, chooses a password and logs in. It works
once, within 7 days. It is made in a pod of the public site.`,
		Example: "  kubectl echoblogs invite alice",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runOnSite(cmd, flags, "invite", args[0], "--platform="+platform)
		},
	}
	cmd.Flags().StringVar(&platform, "platform", "default", "the Platform whose public site it is")
	return cmd
}

func staffCommand(flags *clusterFlags) *cobra.Command {
	staff := &cobra.Command{Use: "staff", Short: "Look after who looks after blogs and accounts on the public site"}
	var platform, username, email string
	add := &cobra.Command{
		Use:   "add",
		Short: "Make somebody a member of staff, and print a link by which they choose a password",
		Long: `Make the account of that user name a member of staff, and the account where there is none. Then print a link by which
its owner chooses a password. It works once, within an hour; the same command prints another one. It is made in a pod of
the public site.`,
		Example: "  kubectl echoblogs staff add --username jane --email jane@example.com",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runOnSite(cmd, flags, "staff", "add", "--username="+username, "--email="+email, "--platform="+platform)
		},
	}
	add.Flags().StringVar(&platform, "platform", "default", "the Platform whose public site it is")
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

// runOnSite runs a command of the public site in one of its pods.
func runOnSite(cmd *cobra.Command, flags *clusterFlags, arguments ...string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
	defer cancel()
	cluster, err := flags.connect()
	if err != nil {
		return err
	}
	var site appsv1.Deployment
	err = cluster.client.Get(ctx, types.NamespacedName{Namespace: cluster.namespace, Name: siteDeployment}, &site)
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no Deployment %q in the namespace %q. Where the public site runs otherwise, run there, with its settings:\n  portal %s --namespace=%s",
			siteDeployment, cluster.namespace, strings.Join(arguments, " "), cluster.namespace)
	case err != nil:
		return fmt.Errorf("look for the public site: %w", err)
	}
	kubectl := []string{"exec", "--namespace=" + cluster.namespace, "deployment/" + siteDeployment, "--container=portal"}
	if flags.kubeconfig != "" {
		kubectl = append(kubectl, "--kubeconfig="+flags.kubeconfig)
	}
	if flags.context != "" {
		kubectl = append(kubectl, "--context="+flags.context)
	}
	run := exec.CommandContext(ctx, "kubectl", append(append(kubectl, "--", "/portal"), arguments...)...)
	run.Stdout, run.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	var exit *exec.ExitError
	switch err := run.Run(); {
	case errors.As(err, &exit):
		return errors.New("the command did not succeed in the pod of the public site")
	case err != nil:
		return fmt.Errorf("run kubectl: %w", err)
	}
	return nil
}

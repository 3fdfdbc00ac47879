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

// podProgram is a program whose commands run in its pods.
type podProgram struct {
	// title names it in messages.
	title string
	// deployment, container and path are where it is.
	deployment, container, path string
	// failure is the error of a command that has failed there and printed why.
	failure error
	// flag and variable name a program that runs the commands instead, with the settings of one that does not run in pods.
	flag, variable string
	// instead returns that program. Empty: there is none.
	instead func(*clusterFlags) string
}

// siteDeployment is the Deployment of the public site.
const siteDeployment = "echoblogs-portal"

var (
	// siteProgram runs the commands of the public site, because only its pods have its database credentials.
	siteProgram = podProgram{
		title: "the public site", deployment: siteDeployment, container: "portal", path: "/portal",
		failure: errors.New("the public site refused the command, or could not run it: see above"),
		flag:    "--portal", variable: "ECHOBLOGS_PORTAL", instead: func(f *clusterFlags) string { return f.portal },
	}
	// operatorProgram runs what needs the database, if that is out of reach from here.
	operatorProgram = podProgram{
		title: "the operator", deployment: operatorDeployment, container: "operator", path: "/operator",
		failure: errors.New("the command has found problems, or could not run, in a pod of the operator: see above"),
		flag:    "--operator", variable: "ECHOBLOGS_OPERATOR", instead: func(f *clusterFlags) string { return f.operator },
	}
)

// inOperatorHelp says where a command runs that needs the database.
const inOperatorHelp = `

If the database cannot be reached from this machine, the command runs in a pod of the operator, unless --database-uri is set.`

// start returns a command of a program, to be run in one of its pods, or by the program that the flags name.
func (p podProgram) start(ctx context.Context, cluster *cluster, flags *clusterFlags, arguments ...string) (*exec.Cmd, error) {
	if instead := p.instead(flags); instead != "" {
		return exec.CommandContext(ctx, instead, append(arguments, "--namespace="+cluster.Namespace)...), nil
	}
	var deployment appsv1.Deployment
	err := cluster.Client.Get(ctx, types.NamespacedName{Namespace: cluster.Namespace, Name: p.deployment}, &deployment)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no Deployment %q in the namespace %q. If %s runs elsewhere, run this there, with its settings:\n  %s %s --namespace=%s\n"+
			"or name a program that does so with %s or the environment variable %s",
			p.deployment, cluster.Namespace, p.title, strings.TrimPrefix(p.path, "/"), quoteForShell(arguments), cluster.Namespace, p.flag, p.variable)
	case err != nil:
		return nil, fmt.Errorf("find %s: %w", p.title, err)
	}
	kubectl := []string{"exec", "--namespace=" + cluster.Namespace, "deployment/" + p.deployment, "--container=" + p.container}
	if flags.kubeconfig != "" {
		kubectl = append(kubectl, "--kubeconfig="+flags.kubeconfig)
	}
	if flags.context != "" {
		kubectl = append(kubectl, "--context="+flags.context)
	}
	return exec.CommandContext(ctx, "kubectl", append(append(kubectl, "--", p.path), arguments...)...), nil
}

// runProgram runs a command of a program, which prints the result, or why it failed.
func runProgram(cmd *cobra.Command, command *exec.Cmd, program podProgram) error {
	command.Stdout, command.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	var exit *exec.ExitError
	switch err := command.Run(); {
	case errors.As(err, &exit):
		return program.failure
	case err != nil:
		return fmt.Errorf("run %s: %w", command.Path, err)
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

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/charts"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// installTimeout bounds a command that prepares an installation. Helm waits for five minutes by default.
	installTimeout = 4 * time.Minute
	// databaseWait is how long a command waits for a database that is starting.
	databaseWait = 2 * time.Minute
	// unlabelTimeout bounds the removal of the namespace's label, for which "helm uninstall" waits.
	unlabelTimeout = 20 * time.Second
)

// cluster selects a namespace and its API server.
type cluster struct{ kubeconfig, namespace string }

func (c *cluster) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the namespace of the installation; defaults to $POD_NAMESPACE")
	cmd.Flags().StringVar(&c.kubeconfig, "kubeconfig", "", "the kubeconfig file; defaults to the pod's service account")
}

// client returns a client of the API server for the kinds of a scheme.
func (c *cluster) client(newScheme func() (*runtime.Scheme, error)) (client.Client, error) {
	if c.namespace == "" {
		return nil, errors.New("set the namespace with --namespace or the environment variable POD_NAMESPACE")
	}
	config, err := restConfig(c.kubeconfig)
	if err != nil {
		return nil, err
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	api, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("create a client of the API server: %w", err)
	}
	return api, nil
}

func applyCRDsCommand() *cobra.Command {
	var c cluster
	cmd := &cobra.Command{
		Use:   "apply-crds",
		Short: "Apply the CRDs of this version, and label the namespace as served by an operator",
		Long: `Apply the CRDs of this version by server-side apply, wait until the API server serves them, and label the namespace
as one that an operator serves. A CRD of a newer version, which another installation of the cluster needs, is left as it is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), installTimeout)
			defer cancel()
			api, err := c.client(bootstrap.Scheme)
			if err != nil {
				return err
			}
			manifests, err := charts.CRDs()
			if err != nil {
				return err
			}
			if err := bootstrap.ApplyCRDs(ctx, api, commandLog(cmd), manifests); err != nil {
				return err
			}
			return bootstrap.LabelNamespace(ctx, api, c.namespace)
		},
	}
	c.register(cmd)
	return cmd
}

func unlabelNamespaceCommand() *cobra.Command {
	var c cluster
	cmd := &cobra.Command{
		Use:   "unlabel-namespace",
		Short: "Remove the label that says that an operator serves the namespace",
		Long: `Remove the label that says that an operator serves the namespace, after the operator was uninstalled. It succeeds also if
that is not possible, and prints why: everything else of the installation has been removed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), unlabelTimeout)
			defer cancel()
			api, err := c.client(bootstrap.Scheme)
			if err != nil {
				return err
			}
			if err := bootstrap.UnlabelNamespace(ctx, api, c.namespace); err != nil {
				commandLog(cmd).LogAttrs(ctx, slog.LevelWarn, "The label stays", slog.String("error", err.Error()))
			}
			return nil
		},
	}
	c.register(cmd)
	return cmd
}

func bootstrapDatabaseCommand() *cobra.Command {
	var (
		c                               cluster
		o                               = bootstrap.DatabaseOptions{Application: blog.Application.Programs(), Wait: databaseWait}
		operator, portal, blogs, prefix string
		engine                          string
	)
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Create the database roles, and Secrets with their passwords, where they are missing",
		Long: `Create the database roles of an installation, grant their privileges, and create a Secret with a random password for
each role whose Secret does not exist. Secrets that exist stay, and new roles get the passwords in them. The administrator's
address of the database is read from a Secret: its key uri, or the keys of CloudNativePG.

If a role exists and its Secret does not, nothing is changed, because the role may belong to another installation on the
server: choose another prefix, or let --reset-passwords set the passwords of all roles to those in their Secrets.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := naming.CheckRolePrefix(prefix); err != nil {
				return fmt.Errorf("--role-prefix: %w", err)
			}
			citus, err := isCitus(engine)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), installTimeout)
			defer cancel()
			if o.Client, err = c.client(bootstrap.Scheme); err != nil {
				return err
			}
			o.Namespace, o.Log, o.RolePrefix, o.Citus = c.namespace, commandLog(cmd), postgres.RolePrefix(prefix), citus
			o.RoleSecrets = map[string]string{postgres.Operator: operator, postgres.Portal: portal, blog.Program: blogs}
			return bootstrap.Database(ctx, o)
		},
	}
	c.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.AdministratorSecret, "administrator-secret", "", "the Secret of an administrator of the database")
	flags.StringVar(&o.CASecret, "ca-secret", "", "the Secret with the certificate of the database's authority, in the key ca.crt; defaults to the system's authorities")
	flags.StringVar(&o.DatabaseName, "database", "", "the database; defaults to the one in the administrator's Secret")
	flags.StringVar(&operator, "operator-secret", "echoblogs-database", "the Secret of the operator's role")
	flags.StringVar(&blogs, "blog-secret", "echoblogs-blog-database", "the Secret of the blog's role")
	flags.StringVar(&portal, "portal-secret", "echoblogs-portal-database", "the Secret of the public site's role")
	flags.StringVar(&prefix, "role-prefix", postgres.DefaultRolePrefix.String(), "the start of the names of the roles: the Platform's spec.database.rolePrefix")
	flags.StringVar(&engine, "engine", "postgresql", "the database server: postgresql, or citus for a Citus cluster")
	flags.BoolVar(&o.ResetPasswords, "reset-passwords", false, "set the passwords of existing roles to those in their Secrets")
	if err := cmd.MarkFlagRequired("administrator-secret"); err != nil {
		panic(err) // the flag does not exist
	}
	return cmd
}

func isCitus(engine string) (bool, error) {
	switch engine {
	case "postgresql":
		return false, nil
	case "citus":
		return true, nil
	}
	return false, fmt.Errorf("--engine=%s is not an engine: use postgresql or citus", engine)
}

// commandLog returns the log of a command that ends.
func commandLog(cmd *cobra.Command) *slog.Logger {
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
}

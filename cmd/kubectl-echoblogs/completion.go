package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// completionTimeout limits how long a shell waits for names.
	completionTimeout = 3 * time.Second
	// maxCompletions limits how many Tenants a completion reads.
	maxCompletions = 500
)

// completeTenant completes the only argument of a command with the names of Tenants.
func completeTenant(flags *clusterFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, arguments []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(arguments) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completeNames(cmd, flags, arguments, toComplete, (*cluster).tenantNames)
	}
}

// completeTenantAndFile completes the name of a Tenant, and then that of a Markdown file or an export.
func completeTenantAndFile(flags *clusterFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, arguments []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(arguments) == 1 {
			return []cobra.Completion{"md", "zip"}, cobra.ShellCompDirectiveFilterFileExt
		}
		return completeTenant(flags)(cmd, arguments, toComplete)
	}
}

// completeHeld completes all arguments of a command with the names of Tenants whose deletions are held.
func completeHeld(flags *clusterFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, arguments []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeNames(cmd, flags, arguments, toComplete, func(c *cluster, ctx context.Context) ([]string, error) {
			held, err := c.heldTenants(ctx)
			var names []string
			for i := range held {
				names = append(names, held[i].Name)
			}
			return names, err
		})
	}
}

// completeNames offers those of the names that list returns which begin with toComplete and are not among the arguments.
func completeNames(
	cmd *cobra.Command, flags *clusterFlags, arguments []string, toComplete string, list func(*cluster, context.Context) ([]string, error),
) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	cluster, err := flags.connect()
	if err != nil {
		cobra.CompErrorln(err.Error())
		return nil, cobra.ShellCompDirectiveError
	}
	names, err := list(cluster, ctx)
	if err != nil {
		cobra.CompErrorln(err.Error())
		return nil, cobra.ShellCompDirectiveError
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return !strings.HasPrefix(name, toComplete) || slices.Contains(arguments, name)
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// tenantNames returns the names of the first Tenants of the namespace, by name.
func (c *cluster) tenantNames(ctx context.Context) ([]string, error) {
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("TenantList"))
	if err := c.Client.List(ctx, &list, client.InNamespace(c.Namespace), client.Limit(maxCompletions)); err != nil {
		return nil, fmt.Errorf("list the Tenants: %w", err)
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, nil
}

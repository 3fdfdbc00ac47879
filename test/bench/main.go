// Command bench measures EchoBlogs on this machine: a real Kubernetes control plane and a real PostgreSQL, both with
// fsync, and the operator and the blog as processes, as in an installation. In alternation with each figure, it measures
// its limits: the same rows and tables by plain SQL, the same objects by bare client-go, the same query in a bare handler.
// Run it with `make bench`, from the root of the repository.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the program at once; the kernel then kills its children.
	context.AfterFunc(ctx, stop)
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "The benchmark:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	var (
		o     options
		quick bool
	)
	c := &cobra.Command{
		Use:           "bench",
		Short:         "Measure EchoBlogs on this machine, and its limits",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if _, err := os.Stat("hack/kube/build.sh"); err != nil {
				return errors.New("run it from the root of the repository")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			sizes := full
			if quick {
				sizes = smaller
			}
			if o.tenants > 0 {
				sizes.fleet = o.tenants
			}
			if o.rounds > 0 {
				sizes.rounds = o.rounds
			}
			if len(o.series) > 0 {
				sizes.series = slices.Sorted(slices.Values(o.series))
			}
			return runBenchmark(c.Context(), o, sizes)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&quick, "quick", false, "measure less of everything, in a few minutes")
	flags.IntVar(&o.tenants, "tenants", 0, fmt.Sprintf("the number of Tenants of the large fleet; defaults to %d, with --quick to %d", full.fleet, smaller.fleet))
	flags.IntVar(&o.rounds, "rounds", 0, fmt.Sprintf("the number of rounds of each figure; defaults to %d, with --quick to %d", full.rounds, smaller.rounds))
	flags.IntSliceVar(&o.series, "sizes", nil, fmt.Sprintf("the numbers of existing Tenants at which the cost of further ones is measured; defaults to %v, with --quick to %v", full.series, smaller.series))
	flags.BoolVar(&o.onlySeries, "only-sizes", false, "measure only the cost at these sizes")
	flags.StringVar(&o.state, "state", "/var/tmp", "the folder for the databases, on the disk to measure")
	flags.StringVar(&o.logs, "logs", "", "a folder for the logs of all programs; by default they are removed at the end")
	flags.StringVar(&o.markdown, "markdown", "", "a file in which the results between two markers are replaced")
	flags.StringVar(&o.json, "json", "", "a file for the results as JSON")
	flags.StringVar(&o.profiles, "profiles", "", "a folder for CPU profiles of the operator and the API server, for go tool pprof")
	c.AddCommand(bareCommand(), floodCommand())
	return c
}

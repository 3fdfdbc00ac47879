// Command dev runs the demo: a whole EchoBlogs platform on this machine, with a
// real Kubernetes control plane and a real PostgreSQL. Run it with `make demo`,
// `make demo-up` and `make demo-down`, from the root of the repository.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the demo at once; the kernel then kills its children.
	context.AfterFunc(ctx, stop)
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "The demo:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "dev",
		Short:         "Run an EchoBlogs platform on this machine",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if _, err := os.Stat("hack/kube/build.sh"); err != nil {
				return errors.New("run it from the root of the repository")
			}
			return nil
		},
	}
	var folder string
	root.PersistentFlags().StringVar(&folder, "state", ".demo", "the folder for data, logs and kubeconfig")
	var port int
	withPort := func(c *cobra.Command) *cobra.Command {
		c.Args = cobra.NoArgs
		c.Flags().IntVar(&port, "port", 8000, "the port of the public site and the blogs")
		return c
	}
	root.AddCommand(withPort(&cobra.Command{
		Use:   "run",
		Short: "Run the demo until Ctrl-C",
		RunE:  func(c *cobra.Command, _ []string) error { return runDemo(c.Context(), folder, port, os.Stdout) },
	}))
	root.AddCommand(withPort(&cobra.Command{
		Use:   "up",
		Short: "Start the demo in the background and return when all is ready",
		RunE:  func(c *cobra.Command, _ []string) error { return up(c.Context(), folder, port, os.Stdout) },
	}))
	var clean bool
	down := &cobra.Command{
		Use:   "down",
		Short: "Stop the demo",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return down(c.Context(), folder, clean, os.Stdout) },
	}
	down.Flags().BoolVar(&clean, "clean", false, "delete its data as well")
	root.AddCommand(down)
	return root
}

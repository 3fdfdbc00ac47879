// Command node runs a Kubernetes node on this machine until Ctrl-C. Run it with `make e2e-node`, as root on Linux.
//
//	node [up]    start a node, and print how to use it
//	node clean   delete what a node has left whose program was killed
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

// stopTimeout bounds the end of a node.
const stopTimeout = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the program at once; the kernel then ends the node, and its folder is left for clean.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	switch {
	case len(arguments) == 0 || len(arguments) == 1 && arguments[0] == "up":
		return up(ctx)
	case len(arguments) == 1 && arguments[0] == "clean":
		return clean(ctx)
	default:
		return errors.New("usage: node [up | clean]")
	}
}

func up(ctx context.Context) error {
	began := time.Now()
	progress := func(text string) {
		fmt.Fprintf(os.Stderr, "%6.1f s  %s\n", time.Since(began).Seconds(), text)
	}
	n, err := node.Start(ctx, node.Options{AddOns: []string{node.Traefik}, Progress: progress})
	if err != nil {
		return err
	}
	progress("Ready. Ctrl-C ends it.")
	fmt.Printf(`export KUBECONFIG=%s
# Traefik:  http://%s  https://%s
# Postgres: psql '%s'
# In pods:  %s
`, n.Kubeconfig, n.HTTP, n.HTTPS, n.Postgres.URI, n.Postgres.PodURI)
	var failure error
	select {
	case <-ctx.Done():
	case <-n.Done():
		failure = errors.New("the node has ended")
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := errors.Join(failure, n.Stop(stopping)); err != nil {
		return err
	}
	progress("Stopped. The machine is as it was before.")
	return nil
}

func clean(ctx context.Context) error {
	cleaned, err := node.Clean(ctx)
	for _, folder := range cleaned {
		fmt.Println("Deleted", folder)
	}
	if err != nil {
		return err
	}
	fmt.Println("Nothing else is left.")
	return nil
}

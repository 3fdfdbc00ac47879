package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
)

const (
	// namespace holds all of the demo's objects.
	namespace = "echoblogs"
	// stopTimeout is how long all parts together may take to stop. The operator
	// waits 20 s for running transactions.
	stopTimeout = time.Minute
)

// demo is everything that runDemo starts.
type demo struct {
	state    state
	port     int
	progress *progress
	kubectl  kubectl

	controlPlane *controlplane.ControlPlane
	database     *database
	metrics      []string                      // addresses at which the programs serve their metrics
	stops        []func(context.Context) error // stop each part; in the order in which they were started
}

// runDemo starts everything, prints its progress, and runs until ctx ends.
func runDemo(ctx context.Context, folder string, port int, out io.Writer) error {
	s, err := openState(folder)
	if err != nil {
		return err
	}
	lock, err := s.lock(port)
	if errors.Is(err, errRuns) {
		return fmt.Errorf("the demo is already running: see %s, or stop it with make demo-down", s.logs())
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	d := &demo{
		state:    s,
		port:     port,
		progress: newProgress(out),
		kubectl:  kubectl{folder: s.bin(), kubeconfig: s.kubeconfig()},
	}
	// A part that ends unexpectedly ends the demo, with its error as the cause.
	running, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	err = d.start(running, fail)
	if err == nil {
		<-running.Done()
	}
	switch {
	case ctx.Err() != nil:
		err = nil // the user stopped it
	case running.Err() != nil:
		err = context.Cause(running) // the first failure, rather than its consequences
	}
	if err = errors.Join(err, d.stop(ctx)); err != nil {
		return err
	}
	d.progress.say("Stopped. Its data remains in " + s.folder + "; make demo-down CLEAN=1 deletes it")
	return nil
}

// start returns when everything is ready.
func (d *demo) start(ctx context.Context, fail context.CancelCauseFunc) error {
	listeners, err := listen(ctx, d.port)
	if err != nil {
		return err
	}
	front := startFrontend(listeners, d.state)
	d.stops = append(d.stops, front.stop)

	programs, err := install(ctx, d.state, d.progress)
	if err != nil {
		return err
	}
	if err := d.startInfrastructure(ctx, programs, fail); err != nil {
		return err
	}
	if err := d.applyInstallation(ctx); err != nil {
		return err
	}
	if err := d.applyPlatform(ctx); err != nil {
		return err
	}
	if err := d.startPrograms(ctx, front, fail); err != nil {
		return err
	}
	if err := d.writeCommands(); err != nil {
		return err
	}
	if !d.state.has(seededFile) {
		if err := d.seed(ctx); err != nil {
			return err
		}
	}
	if err := d.waitUntilServed(ctx); err != nil {
		return err
	}
	return d.summarize(ctx)
}

// startInfrastructure starts the control plane and PostgreSQL in parallel.
func (d *demo) startInfrastructure(ctx context.Context, programs string, fail context.CancelCauseFunc) error {
	for _, part := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "postgres", "operator", "blog-1", "blog-2", "portal"} {
		if err := d.state.remove(filepath.Join("logs", part+".log")); err != nil {
			return err
		}
	}
	var parts errgroup.Group
	parts.Go(func() error {
		var err error
		d.database, err = startDatabase(ctx, d.state, d.progress)
		return err
	})
	parts.Go(func() error {
		var err error
		d.controlPlane, err = controlplane.Start(ctx, controlplane.Options{
			Programs: programs, State: d.state.private(), Logs: d.state.logs(), Namespace: namespace, Progress: d.progress.say,
		})
		return err
	})
	err := parts.Wait()
	if d.database != nil {
		d.stops = append(d.stops, d.database.server.Stop)
		go func() {
			<-d.database.server.Done()
			fail(fmt.Errorf("PostgreSQL ended; see %s", d.state.log("postgres")))
		}()
	}
	if d.controlPlane != nil {
		d.stops = append(d.stops, d.controlPlane.Stop)
		for _, part := range d.controlPlane.Processes() {
			go func() { fail(part.Ended()) }()
		}
	}
	if err != nil {
		return err
	}
	return d.controlPlane.WriteAdministratorKubeconfig(d.state.kubeconfig())
}

// stop stops all parts, last started first.
func (d *demo) stop(ctx context.Context) error {
	if len(d.stops) > 1 {
		d.progress.say("Stopping")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	var failures []error
	for i := len(d.stops) - 1; i >= 0; i-- {
		failures = append(failures, d.stops[i](ctx))
	}
	if err := d.state.remove(readyFile); err != nil && !os.IsNotExist(err) {
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/process"
	"github.com/echoblogs/echoblogs/test/testkit/router"
)

const (
	// ingressClass is the class of the sample Platform, which our router serves.
	ingressClass = "demo"
	// blogService and portalService are the Services, with the port of the chart.
	blogService     = "echoblogs-blog"
	portalService   = "echoblogs-portal"
	servicePortName = "http"
	servicePort     = 80
	// programStopTimeout equals terminationGracePeriodSeconds of the Deployments in the chart.
	programStopTimeout = 30 * time.Second
)

// startPrograms starts the operator, two replicas of the blog, the public site,
// and the router in front of them, and returns when all of them are ready.
func (d *demo) startPrograms(ctx context.Context, front *frontend, fail context.CancelCauseFunc) error {
	d.progress.say("Starting the operator, two replicas of the blog, the public site, and the router")
	ports, err := freeport.Find(ctx, 8)
	if err != nil {
		return err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	d.metrics = []string{at(3), at(4), at(5), at(7)}
	blog := router.NewService(servicePortName, servicePort, at(0), at(1))
	site := router.NewService(servicePortName, servicePort, at(6))
	clusterIP, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the Service of the blog: %w", err)
	}

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var parts errgroup.Group
	parts.Go(func() error { return blog.ServeTCP(running, clusterIP) })
	for _, spec := range []process.Spec{
		d.blogSpec("blog-1", at(0), d.metrics[1]),
		d.blogSpec("blog-2", at(1), d.metrics[2]),
		d.operatorSpec(clusterIP.Addr().String(), at(2), d.metrics[0]),
		d.portalSpec(at(6), d.metrics[3]),
	} {
		parts.Go(func() error {
			err := keepRunning(running, spec, d.progress.say)
			if err != nil && running.Err() == nil {
				fail(err) // the program could not be started at all
				return nil
			}
			return err
		})
	}
	d.stops = append(d.stops, func(context.Context) error {
		cancel()
		return parts.Wait()
	})
	if err := d.startRouter(running, front, map[string]*router.Service{blogService: blog, portalService: site}); err != nil {
		return err
	}
	// Blog and public site become ready when the operator has created the tables.
	for _, program := range []struct{ name, address string }{{"operator", at(2)}, {"blog-1", at(0)}, {"blog-2", at(1)}, {"portal", at(6)}} {
		if err := d.waitUntilReady(ctx, program.name, program.address); err != nil {
			return err
		}
	}
	return nil
}

// waitUntilReady returns when the program that listens at an address is ready.
func (d *demo) waitUntilReady(ctx context.Context, name, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		status, err := status(ctx, "http://"+address+"/readyz", "")
		if status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s was not ready in time (last status: %d); see %s", name, status, d.state.log(name)), err)
		case <-retry.C:
		}
	}
}

func (d *demo) blogSpec(name, address, metrics string) process.Spec {
	return process.Spec{
		Name:    name,
		Path:    filepath.Join(d.state.programs(), "blog"),
		Args:    []string{"run", "--address=" + address, "--metrics-address=" + metrics},
		Env:     []string{"ECHOBLOGS_DATABASE_URI_FILE=" + d.database.blogURIFile},
		LogFile: d.state.log(name),
	}
}

func (d *demo) operatorSpec(probe, health, metrics string) process.Spec {
	return process.Spec{
		Name: "operator",
		Path: filepath.Join(d.state.programs(), "operator"),
		Args: []string{
			"run",
			"--namespace=" + namespace,
			"--kubeconfig=" + d.accountKubeconfig(operatorAccount),
			"--probe-address=" + probe,
			"--metrics-address=" + metrics,
			"--health-address=" + health,
		},
		LogFile: d.state.log("operator"),
	}
}

// portalSpec runs the public site. It writes emails into the state folder, and does
// not limit sign-ups in practice.
func (d *demo) portalSpec(address, metrics string) process.Spec {
	return process.Spec{
		Name: "portal",
		Path: filepath.Join(d.state.programs(), "portal"),
		Args: []string{
			"run",
			"--namespace=" + namespace,
			"--kubeconfig=" + d.accountKubeconfig(portalAccount),
			"--address=" + address,
			"--metrics-address=" + metrics,
			"--mail-folder=" + d.state.mail(),
			"--trusted-proxies=127.0.0.1",
			"--registrations-per-hour=1000",
			"--refused-registrations-per-hour=1000",
		},
		Env:     []string{"ECHOBLOGS_DATABASE_URI_FILE=" + d.database.portalURIFile},
		LogFile: d.state.log("portal"),
	}
}

// keepRunning runs a program until ctx ends, and restarts it with a growing delay
// if it ends before, as a kubelet does.
func keepRunning(ctx context.Context, spec process.Spec, say func(string)) error {
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		program, err := process.Start(ctx, spec)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), programStopTimeout)
			defer cancel()
			return program.Stop(stopping)
		case <-program.Done():
			say(fmt.Sprintf("%v\nRestarting it in %s", program.Ended(), pause))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// startRouter routes requests to the blogs and the public site.
func (d *demo) startRouter(ctx context.Context, front *frontend, services map[string]*router.Service) error {
	config, err := clientcmd.BuildConfigFromFlags("", d.state.kubeconfig())
	if err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	log, err := os.OpenFile(d.state.log("router"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the router's log: %w", err)
	}
	table := router.NewTable(ingressClass)
	if err := router.Watch(ctx, config, namespace, table); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	//nolint:contextcheck // each request has its own
	front.setHandler(router.New(table, services, logger))
	return nil
}

// status requests a page, with another Host header unless host is empty, and
// returns the status code of the response.
func status(ctx context.Context, url, host string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("get %s: %w", url, err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("get %s: %w", url, err)
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

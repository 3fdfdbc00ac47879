package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/hack/dev/freeport"
	"github.com/echoblogs/echoblogs/hack/dev/process"
	"github.com/echoblogs/echoblogs/hack/dev/router"
)

const (
	// ingressClass is what the sample's Platform names and our router obeys.
	ingressClass = "demo"
	// blogService is the Service of the blog, with the port of config/blog.
	blogService     = "echoblogs-blog"
	blogServiceName = "http"
	blogServicePort = 80
)

// startPrograms starts the operator, two replicas of the blog, and the router in
// front of them. It does not wait for them: until the operator has made the
// tables, the blog is not ready.
func (d *demo) startPrograms(ctx context.Context, door *door, fail context.CancelCauseFunc) error {
	d.progress.say("Starting the operator, two replicas of the blog, and the router")
	ports, err := freeport.Find(ctx, 4)
	if err != nil {
		return err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	blog := router.NewService(blogServiceName, blogServicePort, at(0), at(1))
	clusterIP, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for the Service of the blog: %w", err)
	}

	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var parts errgroup.Group
	parts.Go(func() error { return blog.ServeTCP(running, clusterIP) })
	for _, spec := range []process.Spec{
		d.blogSpec("blog-1", at(0)),
		d.blogSpec("blog-2", at(1)),
		d.operatorSpec(clusterIP.Addr().String(), at(2), at(3)),
	} {
		parts.Go(func() error {
			err := keepRunning(running, spec, d.progress.say)
			if err != nil && running.Err() == nil {
				fail(err) // it cannot be started at all
				return nil
			}
			return err
		})
	}
	d.stops = append(d.stops, func(context.Context) error {
		cancel()
		return parts.Wait()
	})
	return d.startRouter(running, door, blog)
}

func (d *demo) blogSpec(name, address string) process.Spec {
	return process.Spec{
		Name:    name,
		Path:    filepath.Join(d.state.bin(), "blog"),
		Args:    []string{"run", "--address=" + address},
		Env:     []string{"ECHOBLOGS_DATABASE_URI_FILE=" + d.database.blogURIFile},
		LogFile: d.state.log(name),
	}
}

func (d *demo) operatorSpec(probe, metrics, health string) process.Spec {
	return process.Spec{
		Name: "operator",
		Path: filepath.Join(d.state.bin(), "operator"),
		Args: []string{
			"run",
			"--namespace=" + namespace,
			"--kubeconfig=" + d.operatorKubeconfig(),
			"--probe-address=" + probe,
			"--metrics-address=" + metrics,
			"--health-address=" + health,
		},
		LogFile: d.state.log("operator"),
	}
}

// keepRunning runs a program until ctx ends, and starts it again when it ends
// before that, as a kubelet would.
func keepRunning(ctx context.Context, spec process.Spec, say func(string)) error {
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		program, err := process.Start(ctx, spec)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout/2)
			defer cancel()
			return program.Stop(stopping)
		case <-program.Done():
			say(fmt.Sprintf("%v\nStarting it again in %s", program.Ended(), pause))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// startRouter opens the door to the blogs.
func (d *demo) startRouter(ctx context.Context, door *door, blog *router.Service) error {
	config, err := clientcmd.BuildConfigFromFlags("", d.state.kubeconfig())
	if err != nil {
		return fmt.Errorf("reading the administrator's kubeconfig: %w", err)
	}
	log, err := os.OpenFile(d.state.log("router"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the router's log: %w", err)
	}
	table := router.NewTable(ingressClass)
	if err := router.Watch(ctx, config, namespace, table); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	//nolint:contextcheck // each request has its own
	door.lead(router.New(table, map[string]*router.Service{blogService: blog}, logger))
	return nil
}

// ask gets an address by way of the router, as a reader's browser would, and
// returns the answer's status.
func (d *demo) ask(ctx context.Context, host string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/", d.port), nil)
	if err != nil {
		return 0, fmt.Errorf("asking for %s: %w", host, err)
	}
	request.Host = fmt.Sprintf("%s:%d", host, d.port)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking for %s: %w", host, err)
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

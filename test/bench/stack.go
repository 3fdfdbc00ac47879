package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

// programs are the folders of the programs.
type programs struct {
	kubernetes string // etcd, kube-apiserver, kube-controller-manager and kubectl
	own        string // operator and blog; removed at the end
}

// findPrograms installs or builds missing programs, and always builds our own.
func findPrograms(ctx context.Context, p *progress) (programs, error) {
	p.say("Looking for PostgreSQL and a Kubernetes control plane")
	postgres := exec.CommandContext(ctx, "hack/postgres/install.sh")
	postgres.Stderr = os.Stderr
	if err := postgres.Run(); err != nil {
		return programs{}, fmt.Errorf("install PostgreSQL: %w", err)
	}
	kubernetes, err := controlplane.Programs(ctx, "etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
	if err != nil {
		return programs{}, err
	}
	own, err := os.MkdirTemp("", "echoblogs-bench-programs-")
	if err != nil {
		return programs{}, fmt.Errorf("create a folder for the programs: %w", err)
	}
	p.say("Building the operator and the blog")
	build := exec.CommandContext(ctx, "go", "build", "-o", own+"/", "./cmd/operator", "./cmd/blog")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return programs{}, errors.Join(fmt.Errorf("build the operator and the blog: %w", err), os.RemoveAll(own))
	}
	return programs{kubernetes: kubernetes, own: own}, nil
}

// stack is a running installation.
type stack struct {
	folder   string // for all data and secrets; removed at the end
	logs     string // the folder for the logs
	programs programs
	progress *progress

	postgres     *postgresserver.Server
	databases    databases
	controlPlane *controlplane.ControlPlane
	client       *rest.RESTClient // the administrator's

	addresses    addresses
	blog         *process.Process
	operator     *process.Process
	operatorStop chan struct{}           // closed before the operator is stopped
	fail         context.CancelCauseFunc // called with the error when a part ends by itself
}

// startStack returns when the Platform is Ready. The caller must stop the stack even if that fails. fail is called when a
// part ends by itself.
func startStack(ctx context.Context, o options, programs programs, p *progress, fail context.CancelCauseFunc) (*stack, error) {
	s := &stack{programs: programs, progress: p, fail: fail}
	var err error
	if s.folder, err = os.MkdirTemp(o.state, "echoblogs-bench-"); err != nil {
		return s, fmt.Errorf("create a folder for the data: %w", err)
	}
	s.logs = cmp.Or(o.logs, filepath.Join(s.folder, "logs"))
	// As root, PostgreSQL runs as another user, who must be able to enter the folder.
	if err := errors.Join(os.Chmod(s.folder, 0o755), os.MkdirAll(s.logs, 0o700), os.Mkdir(s.private(), 0o700)); err != nil {
		return s, fmt.Errorf("create the folders for logs and secrets: %w", err)
	}
	p.say("Starting PostgreSQL, etcd, kube-apiserver and kube-controller-manager")
	var parts errgroup.Group
	parts.Go(func() (err error) {
		s.postgres, err = postgresserver.Start(ctx, postgresserver.Options{
			DataDir: filepath.Join(s.folder, "postgres"), LogFile: s.log("postgres"), StopWithProcess: true,
		})
		return err
	})
	parts.Go(func() (err error) {
		s.controlPlane, err = controlplane.Start(ctx, controlplane.Options{
			Programs: programs.kubernetes, State: s.private(), Logs: s.logs, Namespace: namespace, Progress: func(string) {},
		})
		return err
	})
	if err := parts.Wait(); err != nil {
		return s, err
	}
	for _, part := range s.controlPlane.Processes() {
		go func() { fail(part.Ended()) }()
	}
	go func() {
		<-s.postgres.Done()
		fail(fmt.Errorf("PostgreSQL ended; see %s", s.log("postgres")))
	}()
	p.say("Installing EchoBlogs")
	return s, s.install(ctx)
}

func (s *stack) install(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.createDatabases, s.applyInstallation, s.chooseAddresses, s.startOperator, s.applyPlatform, s.startBlog,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) log(part string) string { return filepath.Join(s.logs, part+".log") }
func (s *stack) private() string        { return filepath.Join(s.folder, "private") }

// stop stops all programs, the last started first, and removes all data.
func (s *stack) stop(ctx context.Context) error {
	s.progress.say("Stopping")
	stops := []func(context.Context) error{s.stopOperator}
	if s.blog != nil {
		stops = append(stops, s.blog.Stop)
	}
	if s.controlPlane != nil {
		stops = append(stops, s.controlPlane.Stop)
	}
	if s.postgres != nil {
		stops = append(stops, s.postgres.Stop, func(context.Context) error { return os.RemoveAll(s.postgres.DataDir()) })
	}
	stops = append(stops, func(context.Context) error { return os.RemoveAll(s.folder) })
	var failures []error
	for _, stop := range stops {
		failures = append(failures, within(ctx, stop))
	}
	return errors.Join(failures...)
}

// within stops a program with a timeout.
func within(ctx context.Context, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return stop(ctx)
}

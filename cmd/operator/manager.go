package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers"
)

const (
	// stopTimeout bounds the reconciles in progress when a manager is stopped.
	stopTimeout = 20 * time.Second
	// minRestartDelay and maxRestartDelay bound the delay before a manager that ended is started again.
	minRestartDelay, maxRestartDelay = time.Second, 5 * time.Second
	// steadyTime is how long a manager has to run for the next delay to be the shortest again.
	steadyTime = time.Minute
)

// The times of the election. client-go's defaults (15, 10 and 2 s) would leave Tenants without an operator for 17 s after its
// node fails. A leader that does not reach the API server for renewDeadline stops before another one can follow.
var (
	leaseDuration = 6 * time.Second
	renewDeadline = 4 * time.Second
	retryPeriod   = time.Second
)

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the API types: %w", err)
	}
	return scheme, nil
}

// keepRunning starts start again whenever it ends before ctx does: after the loss of the leadership, and while the API server
// is unavailable. A process that ended instead would be restarted with a growing delay.
func keepRunning(ctx context.Context, log *slog.Logger, start func(context.Context) error) {
	delay := minRestartDelay
	for {
		started := time.Now()
		err := start(ctx)
		if ctx.Err() != nil {
			if err != nil {
				log.LogAttrs(ctx, slog.LevelError, "The controllers did not stop in time", slog.String("error", err.Error()))
			}
			return
		}
		if time.Since(started) > steadyTime {
			delay = minRestartDelay
		}
		log.LogAttrs(ctx, slog.LevelError, "The controllers have ended and are started again", slog.Any("error", err), slog.Duration("delay", delay))
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(2*delay, maxRestartDelay)
	}
}

// runMark is set once a manager has read its cache, whether it leads or waits for the leader to end.
type runMark struct{ atomic.Bool }

// Start implements manager.Runnable.
func (m *runMark) Start(context.Context) error {
	m.Store(true)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*runMark) NeedLeaderElection() bool { return false }

// runManager runs the controllers that setup adds until ctx ends, the leadership is lost, or the API server is back after an
// outage. It sets hasRun when it has begun.
func runManager(ctx context.Context, log *slog.Logger, api *rest.Config, scheme *runtime.Scheme, o runOptions, setup func(ctrl.Manager) error, hasRun *runMark) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var away outage
	go away.end(ctx, cancel, api, log)
	stop := stopTimeout
	mgr, err := ctrl.NewManager(away.watch(api), ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(o.namespace),
		Controller:                    config.Controller{SkipNameValidation: new(true)}, // the names are those of the manager before
		Metrics:                       metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress:        "0",
		PprofBindAddress:              o.pprofAddress,
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "echoblogs-operator",
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &leaseDuration,
		RenewDeadline:                 &renewDeadline,
		RetryPeriod:                   &retryPeriod,
		GracefulShutdownTimeout:       &stop,
	})
	if err != nil {
		return fmt.Errorf("create the manager: %w", err)
	}
	if err := setup(mgr); err != nil {
		return err
	}
	if err := controllers.CheckAccess(ctx, mgr.GetAPIReader(), o.namespace); err != nil {
		return err
	}
	if err := mgr.Add(hasRun); err != nil {
		return fmt.Errorf("set up the readiness of the operator: %w", err)
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("run the controllers: %w", err)
	}
	if err := context.Cause(ctx); errors.Is(err, errBack) {
		return err
	}
	return nil
}

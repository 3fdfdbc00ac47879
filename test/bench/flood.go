package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/echoblogs/echoblogs/test/bench/load"
	"github.com/echoblogs/echoblogs/test/bench/report"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

const (
	// floodConnections request one host as fast as they can.
	floodConnections = 64
	// visitors request pages of the other hosts, each with a pause of visitorPause before the next.
	visitors     = 4
	visitorPause = 10 * time.Millisecond
)

// measureFlood measures pages of other hosts while one host is flooded with requests, and the same without a flood.
func (b *benchmark) measureFlood(ctx context.Context) error {
	hosts := make([]string, min(b.sizes.hosts, len(b.fleet)))
	for i := range hosts {
		hosts[i] = b.fleet[i] + "." + domain
	}
	b.progress.say("Pages of %d hosts while another host is flooded", len(hosts)-1)
	others := load.Load{
		Address: b.stack.addresses.blog, Hosts: hosts[1:], Connections: visitors, Pause: visitorPause, Requests: 1 << 20, Duration: b.sizes.pages,
	}
	var alone, flooded pageRounds
	for round := range b.rounds() {
		err := inTurn(round,
			func() error { return visit(ctx, others, &alone) },
			func() error {
				stop, err := b.startFlood(ctx, hosts[0])
				if err != nil {
					return err
				}
				return errors.Join(visit(ctx, others, &flooded), stop())
			})
		if err != nil {
			return err
		}
	}
	of := fmt.Sprintf(" of a page while another host gets requests from %d connections", floodConnections)
	b.add("p50"+of, "ms", flooded.middle...).WithLimit("without them", alone.middle)
	b.add("p99"+of, "ms", flooded.slowest...).WithLimit("without them", alone.slowest).RatioAtMost(2)
	return nil
}

func visit(ctx context.Context, others load.Load, into *pageRounds) error {
	r, err := others.Run(ctx)
	if err != nil {
		return err
	}
	into.middle, into.slowest = append(into.middle, report.Quantile(r.Latencies, 0.5)), append(into.slowest, report.Quantile(r.Latencies, 0.99))
	return nil
}

// startFlood floods a host from a process of its own, which has the lowest priority: elsewhere, those who flood a host use
// the CPUs of other machines.
func (b *benchmark) startFlood(ctx context.Context, host string) (stop func() error, err error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	flood, err := process.Start(ctx, process.Spec{
		Name: "flood", Path: "nice", LogFile: b.stack.log("flood"),
		Args: []string{"-n", "19", executable, "flood", "--address=" + b.stack.addresses.blog, "--host=" + host},
	})
	if err != nil {
		return nil, err
	}
	return func() error {
		select {
		case <-flood.Done():
			return flood.Ended()
		default:
			return flood.Stop(ctx)
		}
	}, nil
}

// floodCommand floods a host until it is stopped.
func floodCommand() *cobra.Command {
	flood := load.Load{Connections: floodConnections, Requests: 1 << 30, Duration: time.Hour, AnyStatus: true}
	var host string
	c := &cobra.Command{
		Use: "flood", Short: "Request one host as often as possible", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			flood.Hosts = []string{host}
			_, err := flood.Run(c.Context())
			return err
		},
	}
	c.Flags().StringVar(&flood.Address, "address", "", "the address of the blog")
	c.Flags().StringVar(&host, "host", "", "the host")
	return c
}

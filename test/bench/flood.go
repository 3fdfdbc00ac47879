package main

import (
	"context"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/test/bench/load"
	"github.com/echoblogs/echoblogs/test/bench/report"
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
	flood := load.Load{
		Address: b.stack.addresses.blog, Hosts: hosts[:1], Connections: floodConnections, Requests: 1 << 30, Duration: b.sizes.pages, AnyStatus: true,
	}
	var alone, flooded pageRounds
	for round := range b.rounds() {
		err := inTurn(round,
			func() error { return visit(ctx, others, &alone) },
			func() error {
				running, stop := context.WithCancel(ctx)
				ended := make(chan error, 1)
				go func() {
					_, err := flood.Run(running)
					ended <- err
				}()
				err := visit(ctx, others, &flooded)
				stop()
				if floodErr := <-ended; err == nil && floodErr != nil {
					err = fmt.Errorf("flood a host: %w", floodErr)
				}
				return err
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

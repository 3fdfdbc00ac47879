// Package load requests pages over a fixed number of connections.
package load

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Load requests a page of each of some hosts from a server on this machine, over a fixed number of connections that each wait
// for a response before the next request. It does as little as possible, because it takes its CPU time from the server.
type Load struct {
	Address     string // HOST:PORT
	Hosts       []string
	Connections int
	// Path is the path of the page. Defaults to /.
	Path string
	// Different gives each request another query.
	Different bool
	// Header is a line that each request has. Empty: none.
	Header string
	// Status is the status of the responses. Defaults to 200.
	Status int
	// The load ends after Requests or after Duration, whichever comes first.
	Requests int
	Duration time.Duration
	// Pause is the time between a response and the next request of a connection.
	Pause time.Duration
	// AnyStatus accepts every response.
	AnyStatus bool
}

// Result is the result of a Load.
type Result struct {
	Took      time.Duration
	Latencies []time.Duration
	Bytes     int64 // of response bodies
}

// Run returns an error if a response is not accepted.
func (l Load) Run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Duration)
	defer cancel()
	l.Path, l.Status = cmp.Or(l.Path, "/"), cmp.Or(l.Status, http.StatusOK)
	if l.Header != "" {
		l.Header += "\r\n"
	}
	requests := make([][]byte, len(l.Hosts))
	for i, host := range l.Hosts {
		requests[i] = l.request(host, "")
	}
	var (
		left    atomic.Int64
		workers sync.WaitGroup
		results = make([]Result, l.Connections)
		errs    = make([]error, l.Connections)
	)
	left.Store(int64(l.Requests))
	start := time.Now()
	for i := range l.Connections {
		workers.Go(func() { results[i], errs[i] = l.connection(ctx, i, requests, &left) })
	}
	workers.Wait()
	all := Result{Took: time.Since(start)}
	for _, r := range results {
		all.Latencies, all.Bytes = append(all.Latencies, r.Latencies...), all.Bytes+r.Bytes
	}
	return all, errors.Join(errs...)
}

func (l Load) request(host, query string) []byte {
	return fmt.Appendf(nil, "GET %s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", l.Path, query, host, l.Header)
}

func (l Load) connection(ctx context.Context, number int, requests [][]byte, left *atomic.Int64) (Result, error) {
	var result Result
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Address)
	if err != nil {
		return result, fmt.Errorf("connect: %w", err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(l.Duration + 10*time.Second)); err != nil {
		return result, fmt.Errorf("set a deadline: %w", err)
	}
	random := rand.New(rand.NewPCG(1, uint64(number)))
	answers := bufio.NewReaderSize(connection, 32<<10)
	for ctx.Err() == nil && left.Add(-1) >= 0 {
		host := random.IntN(len(requests))
		request := requests[host]
		if l.Different {
			request = l.request(l.Hosts[host], fmt.Sprintf("?q=%d", random.Uint64()))
		}
		start := time.Now()
		if _, err := connection.Write(request); err != nil {
			return result, fmt.Errorf("send a request: %w", err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return result, fmt.Errorf("read a response: %w", err)
		}
		size, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return result, fmt.Errorf("read a response: %w", err)
		case response.StatusCode != l.Status && !l.AnyStatus:
			return result, fmt.Errorf("the server responds with %s", response.Status)
		}
		result.Latencies, result.Bytes = append(result.Latencies, time.Since(start)), result.Bytes+size
		if l.Pause > 0 {
			pause(ctx, l.Pause)
		}
	}
	return result, nil
}

// pause waits for a duration or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

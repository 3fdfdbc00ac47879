package main

import (
	"bufio"
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

// load requests the home pages of hosts from a server on this machine, over a fixed number of connections that each wait
// for a response before the next request. It does as little as possible, because it takes its CPU time from the server.
type load struct {
	address     string // HOST:PORT
	hosts       []string
	connections int
	// The load ends after requests or after duration, whichever comes first.
	requests int
	duration time.Duration
}

// loadResult is the result of a load.
type loadResult struct {
	took      time.Duration
	latencies []time.Duration
	bytes     int64 // of response bodies
}

// run returns an error if a response has another status than 200.
func (l load) run(ctx context.Context) (loadResult, error) {
	ctx, cancel := context.WithTimeout(ctx, l.duration)
	defer cancel()
	requests := make([][]byte, len(l.hosts))
	for i, host := range l.hosts {
		requests[i] = fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host)
	}
	var (
		left    atomic.Int64
		workers sync.WaitGroup
		results = make([]loadResult, l.connections)
		errs    = make([]error, l.connections)
	)
	left.Store(int64(l.requests))
	start := time.Now()
	for i := range l.connections {
		workers.Go(func() { results[i], errs[i] = l.connection(ctx, i, requests, &left) })
	}
	workers.Wait()
	all := loadResult{took: time.Since(start)}
	for _, r := range results {
		all.latencies, all.bytes = append(all.latencies, r.latencies...), all.bytes+r.bytes
	}
	return all, errors.Join(errs...)
}

func (l load) connection(ctx context.Context, number int, requests [][]byte, left *atomic.Int64) (loadResult, error) {
	var result loadResult
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return result, fmt.Errorf("connect: %w", err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(l.duration + 10*time.Second)); err != nil {
		return result, fmt.Errorf("set a deadline: %w", err)
	}
	random := rand.New(rand.NewPCG(1, uint64(number)))
	answers := bufio.NewReaderSize(connection, 32<<10)
	for ctx.Err() == nil && left.Add(-1) >= 0 {
		start := time.Now()
		if _, err := connection.Write(requests[random.IntN(len(requests))]); err != nil {
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
		case response.StatusCode != http.StatusOK:
			return result, fmt.Errorf("the server responds with %s", response.Status)
		}
		result.latencies, result.bytes = append(result.latencies, time.Since(start)), result.bytes+size
	}
	return result, nil
}

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

// load asks a server of this machine for the first pages of hosts, by a fixed number of connections that each wait for
// an answer before they ask again. It does no more than that: what the client needs is taken from the server.
type load struct {
	address     string // HOST:PORT
	hosts       []string
	connections int
	// requests and duration end it, whichever comes first.
	requests int
	duration time.Duration
}

// loadResult is what came of it.
type loadResult struct {
	took      time.Duration
	latencies []time.Duration
	bytes     int64 // of bodies
}

// run returns an error when any answer is not 200.
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
		return result, fmt.Errorf("bound the connection: %w", err)
	}
	random := rand.New(rand.NewPCG(1, uint64(number)))
	answers := bufio.NewReaderSize(connection, 32<<10)
	for ctx.Err() == nil && left.Add(-1) >= 0 {
		start := time.Now()
		if _, err := connection.Write(requests[random.IntN(len(requests))]); err != nil {
			return result, fmt.Errorf("ask: %w", err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return result, fmt.Errorf("read an answer: %w", err)
		}
		size, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		switch {
		case err != nil:
			return result, fmt.Errorf("read an answer: %w", err)
		case response.StatusCode != http.StatusOK:
			return result, fmt.Errorf("the server answers %s", response.Status)
		}
		result.latencies, result.bytes = append(result.latencies, time.Since(start)), result.bytes+size
	}
	return result, nil
}

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLoadAsksForEveryHostAndNoMoreThanAskedFor(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	var hosts [3]atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		hosts[r.Host[0]-'a'].Add(1)
		w.Write([]byte("hello"))
	}))
	t.Cleanup(server.Close)
	r, err := load{address: strings.TrimPrefix(server.URL, "http://"), hosts: []string{"a", "b", "c"}, connections: 4, requests: 200, duration: time.Minute}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if count.Load() != 200 || len(r.latencies) != 200 || r.bytes != 1000 {
		t.Errorf("the server saw %d requests, the load %d of %d bytes, want 200 of 1000", count.Load(), len(r.latencies), r.bytes)
	}
	for i := range hosts {
		if hosts[i].Load() == 0 {
			t.Errorf("host %d was not asked for", i)
		}
	}
}

func TestLoadFailsWithTheServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := load{address: strings.TrimPrefix(server.URL, "http://"), hosts: []string{"a"}, connections: 1, requests: 1, duration: time.Minute}.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("the error is %v, want one that names the status", err)
	}
}

package load_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/bench/load"
)

func TestLoadRequestsEveryHost(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	var hosts [3]atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		hosts[r.Host[0]-'a'].Add(1)
		w.Write([]byte("hello"))
	}))
	t.Cleanup(server.Close)
	r, err := load.Load{Address: strings.TrimPrefix(server.URL, "http://"), Hosts: []string{"a", "b", "c"}, Connections: 4, Requests: 200, Duration: time.Minute}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if count.Load() != 200 || len(r.Latencies) != 200 || r.Bytes != 1000 {
		t.Errorf("the server saw %d requests, the load %d of %d bytes, want 200 of 1000", count.Load(), len(r.Latencies), r.Bytes)
	}
	for i := range hosts {
		if hosts[i].Load() == 0 {
			t.Errorf("host %d was not requested", i)
		}
	}
}

func TestLoadFailsWithTheServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := load.Load{Address: strings.TrimPrefix(server.URL, "http://"), Hosts: []string{"a"}, Connections: 1, Requests: 1, Duration: time.Minute}.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the server responds with 404 Not Found") {
		t.Errorf("the error is %v, want one that names the status", err)
	}
}

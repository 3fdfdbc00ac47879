package isolation_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// requestCount is the minimum number of responses to check.
	requestCount = 30_000
	workers      = 4
	// batchSize is the number of requests that are pipelined; one of them may be malformed.
	batchSize = 16
	// Bounds of the number of turns of each story. Between them it continues until enough responses were checked.
	leastTurns, mostTurns = 4, 12
	// international is a host that browsers display as bücher.example.
	international = "xn--bcher-kva.example"
)

// No tenant's posts are shown under another's host, whatever is requested and whatever changes in the meantime.
func TestNoForeignPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var settled errgroup.Group
	settled.SetLimit(4)
	for i := range 16 {
		settled.Go(func() error {
			o := newOwner(fmt.Sprintf("old-%d", i))
			return w.settle(t.Context(), o, func(t *v1alpha1.Tenant) {
				if i == 0 {
					t.Spec.CustomDomains = []v1alpha1.CustomDomain{international}
				}
			})
		})
	}
	if err := settled.Wait(); err != nil {
		t.Fatal(err)
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := &siege{world: w, statuses: map[int]int{}}
	requests, ctx := errgroup.WithContext(t.Context())
	var running errgroup.Group
	for name, run := range stories {
		running.Go(func() error {
			turns := 0
			err := run(ctx, w, func(turn int) bool {
				turns = turn
				return ctx.Err() == nil && (turn < leastTurns || turn < mostTurns && s.answers.Load() < requestCount)
			})
			t.Logf("%s: %d turns", name, turns)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	over := make(chan struct{})
	for i := range workers {
		requests.Go(func() error { return s.send(rand.New(rand.NewPCG(seed, uint64(i))), w.Blogs[i%len(w.Blogs)], over) })
	}
	err := running.Wait()
	close(over)
	if requestErr := requests.Wait(); requestErr != nil {
		err = requestErr // the error of the stories is a consequence
	}
	if err != nil {
		t.Error(err)
	}

	t.Logf("%d answers: %v", s.answers.Load(), s.statuses)
	for status, least := range map[int]int{200: requestCount / 2, 301: requestCount / 100, 400: requestCount / 200, 402: 20, 404: requestCount / 100} {
		if s.statuses[status] < least {
			t.Errorf("only %d responses were %d: the test did not cover them", s.statuses[status], status)
		}
	}
	if away := s.statuses[503]; away > requestCount/100 {
		t.Errorf("%d responses were 503: the replicas did not keep up", away)
	}
}

// siege sends requests from many connections.
type siege struct {
	*world
	answers  atomic.Int64
	mu       sync.Mutex
	statuses map[int]int
}

// send sends requests to one replica until enough responses were checked and the stories have ended.
func (s *siege) send(random *rand.Rand, address string, over <-chan struct{}) error {
	c := &connection{address: address}
	defer c.close()
	statuses := map[int]int{}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for status, n := range statuses {
			s.statuses[status] += n
		}
	}()
	for {
		select {
		case <-over:
			if s.answers.Load() >= requestCount {
				return nil
			}
		default:
		}
		hosts := s.names(random.IntN(2) == 0)
		batch := make([]request, batchSize)
		for i := range batch {
			batch[i] = ordinary(random, hosts)
		}
		if random.IntN(2) == 0 {
			odd := oddRequests(hosts[random.IntN(len(hosts))], hosts[random.IntN(len(hosts))])
			batch[len(batch)-1] = odd[random.IntN(len(odd))]
		}
		before := s.views(batch)
		i := 0
		err := c.send(batch, func(r request, response *http.Response, body []byte) error {
			statuses[response.StatusCode]++
			s.answers.Add(1)
			err := check(before[i], s.of(r.host), response, body)
			i++
			if err == nil && r.status != 0 && response.StatusCode != r.status {
				err = fmt.Errorf("want %d", r.status)
			}
			if err == nil && response.StatusCode == http.StatusOK && !r.head && !strings.Contains(r.text, "robots") && !bytes.Contains(body, []byte(tokenPrefix)) {
				err = errors.New("it has no token")
			}
			if err != nil {
				return fmt.Errorf("%s is answered %d by %s: %w:\n%s", quote(r.text), response.StatusCode, address, err, body)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// views returns the current view of the host of each request.
func (s *siege) views(batch []request) []view {
	views := make([]view, len(batch))
	for i, r := range batch {
		views[i] = s.of(r.host)
	}
	return views
}

// Random requests may miss some malformed ones: here each of them is sent to each replica.
func TestEachOddHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"alice", "bob"} {
		if err := w.settle(t.Context(), newOwner(name)); err != nil {
			t.Fatal(err)
		}
	}
	statuses := map[int]int{}
	for _, address := range w.Blogs {
		if err := w.awaitStatus(t.Context(), primary("bob"), http.StatusOK, "bob"); err != nil {
			t.Fatal(err)
		}
		for _, r := range oddRequests(primary("alice"), primary("bob")) {
			c := &connection{address: address}
			err := c.send([]request{r}, func(r request, response *http.Response, body []byte) error {
				statuses[response.StatusCode]++
				if r.status != 0 && response.StatusCode != r.status {
					t.Errorf("%s is answered %d, want %d", quote(r.text), response.StatusCode, r.status)
				}
				return check(w.of(r.host), w.of(r.host), response, body)
			})
			c.close()
			if err != nil {
				t.Errorf("%s: %v", quote(r.text), err)
			}
		}
	}
	t.Logf("answers: %v", statuses)
}

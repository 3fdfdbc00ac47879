//go:build e2e

package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// Each of the writers publishes a post at each writeInterval. Someone signs up at each signUpInterval.
	writers        = 2
	writeInterval  = 400 * time.Millisecond
	signUpInterval = 2 * time.Second
	// manyReads is how many pages useWhile reads at least, and fewReads with -short.
	manyReads, fewReads = 50_000, 10_000
)

// readBlogs are the blogs that people read without a pause.
var readBlogs = []string{"t0", "t1", "t2", "t3", "t4", "t0"}

// traffic is what people do on the platform while something happens to it.
type traffic struct {
	*product
	// name makes the names of people unique.
	name string
	// done is closed when people are to finish what they have begun.
	done   chan struct{}
	people sync.WaitGroup

	mu                     sync.Mutex
	reads, failed, signUps int
	failures               []string
	slowest                time.Duration
	published              map[string]string // texts by the addresses of their posts
}

// startReading starts a reader of each blog, until stop.
func (p *product) startReading(blogs ...string) *traffic {
	p.t.Helper()
	tr := &traffic{product: p, done: make(chan struct{}), published: make(map[string]string)}
	for _, name := range blogs {
		b := p.browser()
		tr.people.Go(func() {
			for tr.goesOn() {
				tr.read(b, tr.blog(name)+"/", name)
			}
		})
	}
	return tr
}

// goesOn reports whether people may begin something.
func (tr *traffic) goesOn() bool {
	select {
	case <-tr.done:
		return false
	default:
		return tr.t.Context().Err() == nil
	}
}

// stop ends the traffic, and waits until all have finished what they do.
func (tr *traffic) stop() {
	close(tr.done)
	tr.people.Wait()
}

// readWhile lets people read while something happens.
func (p *product) readWhile(happens func()) *traffic {
	p.t.Helper()
	tr := p.startReading(readBlogs...)
	happens()
	tr.stop()
	return tr
}

// useWhile lets people read, write and sign up while something happens, and expects that nothing fails and no post is lost.
// happens repeats what it does until enough reports true: that people have read manyReads pages, or that something has failed.
func (p *product) useWhile(name string, happens func(enough func() bool)) {
	p.t.Helper()
	minimum := manyReads
	if testing.Short() {
		minimum = fewReads
	}
	tr := p.startReading(slices.Concat(readBlogs, readBlogs)...)
	tr.name = name
	tr.startWriting()
	happens(func() bool { return tr.hasRead(minimum) })
	tr.stop()
	tr.wantNoFailure("during the " + name)
	if tr.reads < minimum {
		p.t.Errorf("%d reads during the %s, want %d", tr.reads, name, minimum)
	}
	b := p.browser()
	for address, text := range tr.published {
		if err := b.read(p.t.Context(), address, text); err != nil {
			p.t.Errorf("a post was lost: %v", err)
		}
	}
	p.t.Logf("%d posts were published, and %d people signed up", len(tr.published), tr.signUps)
	if len(tr.published) < writers || tr.signUps == 0 {
		p.t.Error("want more of both")
	}
}

// hasRead reports whether people have read a number of pages, or something has failed.
func (tr *traffic) hasRead(pages int) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.reads >= pages || tr.failed > 0
}

func (tr *traffic) read(b browser, address, text string) {
	began := time.Now()
	err := b.read(tr.t.Context(), address, text)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.reads++
	tr.slowest = max(tr.slowest, time.Since(began))
	tr.fail(err)
}

// fail counts a failure, of which the first ones are kept. It needs the lock.
func (tr *traffic) fail(err error) {
	if err == nil {
		return
	}
	tr.failed++
	if len(tr.failures) < 5 {
		tr.failures = append(tr.failures, time.Now().Format(time.StampMilli)+" "+err.Error())
	}
}

// startWriting lets people write and sign up, until stop.
func (tr *traffic) startWriting() {
	for i := range writers {
		tr.people.Go(func() { tr.write(fmt.Sprintf("%s-writer%d", tr.name, i)) })
	}
	tr.people.Go(func() {
		tick := time.NewTicker(signUpInterval)
		defer tick.Stop()
		for i := 0; tr.goesOn(); i++ {
			err := tr.register(tr.t.Context(), tr.browser(), fmt.Sprintf("%s-%d", tr.name, i))
			tr.mu.Lock()
			tr.signUps++
			tr.fail(err)
			tr.mu.Unlock()
			tr.wait(tick)
		}
	})
}

func (tr *traffic) write(name string) {
	b := tr.browser()
	err := tr.register(tr.t.Context(), b, name)
	if err == nil {
		err = tr.openEditor(tr.t.Context(), b, name)
	}
	tick := time.NewTicker(writeInterval)
	defer tick.Stop()
	for i := 0; err == nil && tr.goesOn(); i++ {
		text := fmt.Sprintf("The words %d of %s.", i, name)
		address, failure := tr.publish(tr.t.Context(), b, name, fmt.Sprintf("post-%d", i), text)
		tr.mu.Lock()
		if failure == nil {
			tr.published[address] = text
		}
		tr.fail(failure)
		tr.mu.Unlock()
		tr.wait(tick)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.fail(err)
}

// wait waits for the next turn, or until the traffic is to end.
func (tr *traffic) wait(tick *time.Ticker) {
	select {
	case <-tr.done:
	case <-tick.C:
	}
}

// wantNoFailure fails the test if a request has failed, or if there were few.
func (tr *traffic) wantNoFailure(during string) {
	tr.t.Helper()
	tr.t.Logf("%d reads %s, %d failures; the slowest answer took %.1f s", tr.reads, during, tr.failed, tr.slowest.Seconds())
	if tr.failed > 0 || tr.reads < 100 {
		tr.t.Errorf("%d failures, %d reads %s; the first ones: %s", tr.failed, tr.reads, during, strings.Join(tr.failures, "\n"))
	}
}

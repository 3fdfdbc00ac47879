package site

import "sync"

const (
	// maxWaiters bounds the clicks of all browsers that wait for the answer to another one, and maxWaitersOfBrowser those of
	// one browser, so that nobody can make the site poll the database often.
	maxWaiters          = 64
	maxWaitersOfBrowser = 4
)

// waiters counts the clicks that wait. The zero value is ready to use.
type waiters struct {
	mu        sync.Mutex
	all       int
	ofBrowser map[string]int
}

// add counts a click of a browser, and reports whether it may wait: then remove must follow.
func (w *waiters) add(browser string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= maxWaiters || w.ofBrowser[browser] >= maxWaitersOfBrowser {
		return false
	}
	if w.ofBrowser == nil {
		w.ofBrowser = make(map[string]int)
	}
	w.all++
	w.ofBrowser[browser]++
	return true
}

func (w *waiters) remove(browser string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.ofBrowser[browser]--; w.ofBrowser[browser] == 0 {
		delete(w.ofBrowser, browser)
	}
}

package reader_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestSuspendedFromItsDateOn(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	alice.SuspendAt = blogtest.Start.Add(24 * time.Hour)
	p.Create(alice)
	p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice")
	p.Clock.Advance(24*time.Hour - time.Nanosecond)
	p.WaitFor("alice.example.com", "/", http.StatusOK)

	p.Clock.Advance(time.Nanosecond)
	for _, path := range []string{"/", "/page/2/", "/a-post/", "/feed.xml", "/none/at/all"} {
		p.Get("alice.example.com", path).Want(t, http.StatusPaymentRequired, "alice", "This blog is suspended", "Blog of alice")
	}
	p.Do(http.MethodHead, "alice.example.com", "/", nil).Want(t, http.StatusPaymentRequired, "alice")

	alice.SuspendAt = blogtest.Start.AddDate(1, 0, 0)
	p.Update(alice, p.Clock.Now())
	p.WaitFor("alice.example.com", "/", http.StatusOK)

	alice.SuspendAt = time.Time{} // manually
	p.Update(alice, p.Clock.Now())
	p.WaitFor("alice.example.com", "/", http.StatusPaymentRequired)
}

func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	alice := blogtest.Spec("alice")
	alice.Limits.RequestsPerSecond = new(int32(2))
	p.Create(alice)
	p.Create(blogtest.Spec("bob"))
	p.Wait("a request is refused", func() error {
		if got := p.Get("alice.example.com", "/"); got.Status != http.StatusTooManyRequests {
			return fmt.Errorf("it answers %d", got.Status)
		}
		return nil
	})
	var refused blogtest.Response
	p.Wait("a request is refused again", func() error {
		if refused = p.Get("alice.example.com", "/"); refused.Status != http.StatusTooManyRequests {
			return fmt.Errorf("it answers %d", refused.Status)
		}
		return nil
	})
	refused.Want(t, http.StatusTooManyRequests, "alice", "This blog is getting too many requests.")
	if after := refused.Header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After: %q", after)
	}
	for range 20 {
		p.Get("bob.example.com", "/").Want(t, http.StatusOK, "bob")
	}
	p.WaitFor("alice.example.com", "/", http.StatusOK)

	alice.Limits.RequestsPerSecond = nil
	p.Update(alice, blogtest.Start)
	p.Wait("the limit is removed", func() error {
		for range 20 {
			if got := p.Get("alice.example.com", "/"); got.Status != http.StatusOK {
				return fmt.Errorf("it answers %d", got.Status)
			}
		}
		return nil
	})
}

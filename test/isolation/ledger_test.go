package isolation_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// owner is a tenant whose every page has a token that no other tenant's has.
type owner struct{ tenant, token string }

const (
	tokenPrefix = "token-"
	tokenLength = len(tokenPrefix) + 26 // what rand.Text has
)

func newOwner(tenant string) owner {
	return owner{tenant: tenant, token: tokenPrefix + strings.ToLower(rand.Text())}
}

// tokens returns all tokens of a page.
func tokens(body []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			i := bytes.Index(body, []byte(tokenPrefix))
			if i < 0 || !yield(string(body[i:min(i+tokenLength, len(body))])) {
				return
			}
			body = body[i+len(tokenPrefix):]
		}
	}
}

// title is that of the tenant's blog.
func (o owner) title() string { return "Blog with " + o.token }

// ledger says at each moment what may be shown under a host.
type ledger struct {
	mu    sync.RWMutex
	hosts map[string]view
}

// view is what may be shown under a host. It is never changed.
type view struct {
	// owners are those who may be shown: two of them while the host is on its way from one to the other.
	owners []owner
	// suspended says that posts may not be shown.
	suspended bool
}

func newLedger() *ledger { return &ledger{hosts: map[string]view{}} }

func (l *ledger) of(host string) view {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.hosts[host]
}

// names lists the hosts that somebody has, or all that anybody ever had.
func (l *ledger) names(ever bool) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	names := make([]string, 0, len(l.hosts))
	for name, v := range l.hosts {
		if ever || len(v.owners) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// allow is called before an owner may appear under a host.
func (l *ledger) allow(host string, o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.owners = append(slices.Clone(v.owners), o)
	l.hosts[host] = v
}

// forbid is called once an owner may appear under a host no more.
func (l *ledger) forbid(host string, o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.owners = slices.DeleteFunc(slices.Clone(v.owners), func(other owner) bool { return other == o })
	l.hosts[host] = v
}

// suspend is called with true once posts may be shown no more, and with false before they may again.
func (l *ledger) suspend(host string, suspended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.suspended = suspended
	l.hosts[host] = v
}

// check returns an error when an answer that was given between two views shows what neither of them allows.
func check(before, after view, response *http.Response, body []byte) error {
	status, tenant, location := response.StatusCode, response.Header.Get("Echoblogs-Tenant"), response.Header.Get("Location")
	if location != "" && (location[0] != '/' || strings.HasPrefix(location, "//")) {
		return fmt.Errorf("it leads elsewhere: %s", location)
	}
	allowed := slices.Concat(before.owners, after.owners)
	for token := range tokens(body) {
		if !slices.ContainsFunc(allowed, func(o owner) bool { return o.token == token }) {
			return fmt.Errorf("it shows the foreign token %s", token)
		}
	}
	switch {
	case tenant != "" && !slices.ContainsFunc(allowed, func(o owner) bool { return o.tenant == tenant }):
		return fmt.Errorf("it is in the name of %q", tenant)
	case tenant == "" && shows(status):
		return fmt.Errorf("it is in nobody's name")
	case before.suspended && after.suspended && shows(status):
		return fmt.Errorf("it shows what is suspended")
	case !shows(status) && !slices.Contains(refusals, status):
		return fmt.Errorf("the status is unheard of")
	}
	return nil
}

// shows reports whether a status stands for a tenant's page, or the way to one.
func shows(status int) bool { return status == 200 || status == 301 }

// refusals are the statuses of all other answers. Two are net/http's own: 307 to a path such as //host/ in its plain form
// and 431 to a header beyond all measure.
var refusals = []int{307, 400, 402, 404, 431, 503}

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

// owner is a tenant with a unique token on each of its pages.
type owner struct{ tenant, token string }

const (
	tokenPrefix = "token-"
	tokenLength = len(tokenPrefix) + 26 // the length of rand.Text
)

func newOwner(tenant string) owner {
	return owner{tenant: tenant, token: tokenPrefix + strings.ToLower(rand.Text())}
}

// tokens returns all tokens on a page.
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

// title returns the title of the tenant's blog.
func (o owner) title() string { return "Blog with " + o.token }

// ledger records what may be shown under each host at the moment.
type ledger struct {
	mu    sync.RWMutex
	hosts map[string]view
}

// view is what may be shown under a host. It is immutable.
type view struct {
	// owners may be shown: two of them while the host passes from one to the other.
	owners []owner
	// suspended reports that posts must not be shown.
	suspended bool
	// movedTo is the address to which the host may redirect, as the former one of a tenant. Empty: none.
	movedTo string
}

func newLedger() *ledger { return &ledger{hosts: map[string]view{}} }

func (l *ledger) of(host string) view {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.hosts[host]
}

// names returns the hosts that have an owner, or all that ever had one.
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

// forbid is called when an owner must no longer appear under a host.
func (l *ledger) forbid(host string, o owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.owners = slices.DeleteFunc(slices.Clone(v.owners), func(other owner) bool { return other == o })
	l.hosts[host] = v
}

// suspend is called with true when posts must no longer be shown, and with false before they may be shown again.
func (l *ledger) suspend(host string, suspended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.suspended = suspended
	l.hosts[host] = v
}

// move is called before a host may redirect to another address.
func (l *ledger) move(host, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.hosts[host]
	v.movedTo = to
	l.hosts[host] = v
}

// hasMoved reports whether a response redirects to where the host has moved.
func (v view) hasMoved(response *http.Response) bool {
	return v.movedTo != "" && response.StatusCode == http.StatusPermanentRedirect && strings.HasPrefix(response.Header.Get("Location"), v.movedTo+"/")
}

// check returns an error if a response from the time between two views shows what neither of them allows.
func check(before, after view, response *http.Response, body []byte) error {
	status, tenant, location := response.StatusCode, response.Header.Get("Echoblogs-Tenant"), response.Header.Get("Location")
	moved := before.hasMoved(response) || after.hasMoved(response)
	if location != "" && !moved && (location[0] != '/' || strings.HasPrefix(location, "//")) {
		return fmt.Errorf("it redirects to another site: %s", location)
	}
	allowed := slices.Concat(before.owners, after.owners)
	for token := range tokens(body) {
		if !slices.ContainsFunc(allowed, func(o owner) bool { return o.token == token }) {
			return fmt.Errorf("it shows the foreign token %s", token)
		}
	}
	switch {
	case tenant != "" && !slices.ContainsFunc(allowed, func(o owner) bool { return o.tenant == tenant }):
		return fmt.Errorf("it is for tenant %q", tenant)
	case tenant == "" && shows(status):
		return fmt.Errorf("it is for no tenant")
	case before.suspended && after.suspended && shows(status):
		return fmt.Errorf("it shows a suspended blog")
	case !shows(status) && !moved && !slices.Contains(refusals, status):
		return fmt.Errorf("the status is unexpected")
	}
	return nil
}

// shows reports whether a status is that of a tenant's page or a redirect to one.
func shows(status int) bool { return status == 200 || status == 301 }

// refusals are the statuses of all other responses. Two come from net/http: 307 for a path such as //host/, and 431 for a
// header that is too large.
var refusals = []int{307, 400, 402, 404, 431, 503}

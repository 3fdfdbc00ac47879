package account_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/account/blogsession"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// fakeDNS has the TXT records of names. A name without any does not exist.
type fakeDNS struct {
	mu      sync.Mutex
	records map[string]string
	silent  bool
	// wait is closed when the answers may be given, and asked receives each question until then. nil: they are given at once.
	wait, asked chan struct{}
	lookups     int
}

func (d *fakeDNS) LookupTXT(ctx context.Context, name string) ([]string, error) {
	d.mu.Lock()
	d.lookups++
	wait := d.wait
	d.mu.Unlock()
	if wait != nil {
		d.asked <- struct{}{}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, &net.DNSError{Err: "canceled", Name: name, IsTimeout: true}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch value, found := d.records[name]; {
	case d.silent:
		return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true}
	case !found:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	default:
		return []string{value}, nil
	}
}

// set replaces all records by one.
func (d *fakeDNS) set(r domainproof.Record, silent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records, d.silent = map[string]string{r.Name + ".": r.Value}, silent
}

func (d *fakeDNS) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lookups
}

// record returns the record that proves a host of alice.
func (l *blogLogin) record(host string) domainproof.Record {
	l.t.Helper()
	row, err := tenancy.NewReader(l.operator).Find(l.t.Context(), "alice")
	if err != nil {
		l.t.Fatal(err)
	}
	return row.Record(host)
}

func (l *blogLogin) addHost(host, proof string) {
	l.t.Helper()
	l.exec(`INSERT INTO public.domains (host, tenant_id, is_primary, proof, checked_at) VALUES ($1, $2, false, $3, now())`, host, l.tenantID, proof)
}

func (l *blogLogin) authorizeAt(host string) (string, error) {
	l.t.Helper()
	code, _, err := l.accounts.AuthorizeBlog(l.t.Context(), &l.user, &l.session, host, blogsession.Challenge(verifier))
	return code, err
}

// wantUnproven fails the test unless no code is issued for a host, with the primary host and the answer of DNS.
func (l *blogLogin) wantUnproven(what, host string, want domainproof.Answer) {
	l.t.Helper()
	code, err := l.authorizeAt(host)
	var refused *account.UnprovenHostError
	if code != "" || !errors.As(err, &refused) || refused.Answer != want || refused.PrimaryHost != aliceHost || refused.Blog.Host != host {
		l.t.Errorf("%s: got %q, %v, want no code because of %s", what, code, err, want)
	}
}

// Codes go to the primary host, to listed hosts, and to hosts whose proof holds at that moment.
func TestCodesGoToProvenHosts(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.addHost("listed.alice.org", "listed")
	l.addHost("unproven.alice.org", "none")
	l.addHost("www.alice.org", "dns")
	for _, host := range []string{aliceHost, "listed.alice.org"} {
		if code, err := l.authorizeAt(host); code == "" || err != nil {
			t.Errorf("%s: %q, %v", host, code, err)
		}
	}
	l.dns.set(l.record("unproven.alice.org"), false)
	l.wantUnproven("a host that the operator has not found proven", "unproven.alice.org", domainproof.Missing)
	if n := l.dns.count(); n != 0 {
		t.Errorf("%d records were looked up without need", n)
	}

	record := l.record("www.alice.org")
	l.wantUnproven("no record", "www.alice.org", domainproof.Missing)
	l.dns.set(domainproof.Record{Name: record.Name, Value: record.Value + "x"}, false)
	l.wantUnproven("another record", "www.alice.org", domainproof.Differs)
	l.dns.set(record, true)
	l.wantUnproven("silence", "www.alice.org", domainproof.Silent)
	if n := l.count(`SELECT count(*) FROM public.login_codes WHERE host LIKE '%www%' OR host LIKE '%unproven%'`); n != 0 {
		t.Errorf("%d codes were issued", n)
	}
	l.dns.set(record, false)
	before := l.dns.count()
	for range 3 {
		if code, err := l.authorizeAt("www.alice.org"); code == "" || err != nil {
			t.Errorf("with its record: %q, %v", code, err)
		}
	}
	if n := l.dns.count() - before; n != 1 {
		t.Errorf("within a minute, the record was looked up %d times", n)
	}
	l.pass(time.Minute)
	l.dns.set(domainproof.Record{}, false)
	l.wantUnproven("a minute later without the record", "www.alice.org", domainproof.Missing)

	l.dns.set(record, false)
	l.exec(`UPDATE public.domains SET absent_since = now() WHERE host = 'www.alice.org'`)
	before = l.dns.count()
	l.wantUnproven("absent when the operator looked last", "www.alice.org", domainproof.Missing)
	if n := l.dns.count() - before; n != 0 {
		t.Errorf("the record was looked up %d times although the proof does not hold", n)
	}
}

// Many logins at one host cost one lookup, also if the first of them is canceled.
func TestConcurrentLoginsShareALookup(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.addHost("www.alice.org", "dns")
	l.dns.set(l.record("www.alice.org"), false)
	l.dns.wait, l.dns.asked = make(chan struct{}), make(chan struct{}, 10)
	canceled, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, _, err := l.accounts.AuthorizeBlog(canceled, &l.user, &l.session, "www.alice.org", blogsession.Challenge(verifier))
		first <- err
	}()
	<-l.dns.asked
	results := make(chan error, 5)
	for range cap(results) {
		go func() {
			_, err := l.authorizeAt("www.alice.org")
			results <- err
		}()
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("a canceled login succeeded")
	}
	close(l.dns.wait)
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := l.dns.count(); n != 1 {
		t.Errorf("%d lookups", n)
	}
}

// Codes and sessions are worth nothing at a host while it is not proven: its new owner may have the cookie.
func TestSessionsNeedAProvenHost(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.addHost("www.alice.org", "dns")
	l.dns.set(l.record("www.alice.org"), false)
	code := func() string {
		t.Helper()
		code, err := l.authorizeAt("www.alice.org")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	token, err := l.redeem(code(), verifier, l.tenantID, "www.alice.org")
	if err != nil {
		t.Fatal(err)
	}
	find := func() error {
		_, err := blogsession.Find(t.Context(), l.operator, token, l.tenantID, "www.alice.org", l.clock())
		return err
	}
	if err := find(); err != nil {
		t.Fatal(err)
	}
	unused := code()
	for _, lost := range []string{"absent_since = now()", "proof = 'none'", "released_at = now()", "tenant_id = NULL"} {
		l.exec(`UPDATE public.domains SET ` + lost + ` WHERE host = 'www.alice.org'`)
		if _, err := l.redeem(unused, verifier, l.tenantID, "www.alice.org"); !errors.Is(err, blogsession.ErrNotFound) {
			t.Errorf("%s: redeemed a code: %v", lost, err)
		}
		if err := find(); !errors.Is(err, blogsession.ErrNotFound) {
			t.Errorf("%s: found the session: %v", lost, err)
		}
		l.exec(`UPDATE public.domains SET absent_since = NULL, proof = 'dns', released_at = NULL, tenant_id = $1 WHERE host = 'www.alice.org'`, l.tenantID)
		if err := find(); err != nil {
			t.Errorf("%s no longer: %v", lost, err)
		}
	}
}

package member_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// nameServer is a DNS server with TXT records. It answers NXDOMAIN for other names.
type nameServer struct {
	address string

	mu      sync.Mutex
	records map[string][]string
	silent  bool
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	var listen net.ListenConfig
	conn, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{address: conn.LocalAddr().String(), records: make(map[string][]string)}
	var running sync.WaitGroup
	running.Go(func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return // the test has ended
			}
			if answer := s.answer(buffer[:n]); answer != nil {
				if _, err := conn.WriteTo(answer, from); err != nil {
					return
				}
			}
		}
	})
	t.Cleanup(func() {
		conn.Close()
		running.Wait()
	})
	return s
}

// set sets the TXT records of a name.
func (s *nameServer) set(name string, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[name+"."] = texts
}

// hush makes the server ignore all further queries.
func (s *nameServer) hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = true
}

func (s *nameServer) answer(packet []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil || len(m.Questions) != 1 || s.silent {
		return nil
	}
	question := m.Questions[0]
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	texts, known := s.records[strings.ToLower(question.Name.String())]
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range texts {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.TXTResource{TXT: []string{text}},
		})
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

func TestCustomDomain(t *testing.T) {
	t.Parallel()
	dns := startNameServer(t)
	p, site := portaltest.NewSite(t, "--dns-server="+dns.address)
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	verify := func() portaltest.Page { return v.Submit("/account/alice/domains/verify/", "host", "www.alice.org") }

	added := v.Submit("/account/alice/domains/", "host", " WWW.Alice.org. ").Want(t, http.StatusOK, "<h3>www.alice.org</h3>", "<code>alice."+stack.Domain+"</code>")
	name, value := added.VerificationRecord(t, "www.alice.org")
	again := v.Submit("/account/alice/domains/", "host", "www.alice.org").Want(t, http.StatusOK)
	if _, same := again.VerificationRecord(t, "www.alice.org"); same != value {
		t.Errorf("added again, the domain has another record: %q, %q", value, same)
	}

	verify().Want(t, http.StatusUnprocessableEntity, "There is no TXT record _echoblogs.www.alice.org yet")
	dns.set(name, "something else", value+"x")
	verify().Want(t, http.StatusUnprocessableEntity, "has another value. Set it to the value above.")
	if tenant := p.Tenant("alice"); len(tenant.Spec.CustomDomains) != 0 {
		t.Fatalf("an unverified domain was added: %v", tenant.Spec.CustomDomains)
	}
	dns.set(name, "something else", value)
	verify().Want(t, http.StatusOK, "Saved.", "Remove www.alice.org")
	p.Wait("the blog is at its own domain", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], "www.alice.org", "/")
		if err == nil && answer.Tenant != "alice" {
			err = fmt.Errorf("%d, %q answers", answer.Status, answer.Tenant)
		}
		return err
	})
	p.Wait("the page says so", func(context.Context) error {
		if seen := v.Get("/account/alice/"); !strings.Contains(seen.Body, "Your blog is served at this domain.") {
			return fmt.Errorf("it says: %s", seen.Body)
		}
		return nil
	})
	v.Submit("/account/alice/domains/", "host", "www.alice.org").Want(t, http.StatusUnprocessableEntity, "Your blog already has this domain")

	// A second domain is added, then both are removed.
	two := v.Submit("/account/alice/domains/", "host", "alice.blog").Want(t, http.StatusOK)
	dns.set(two.VerificationRecord(t, "alice.blog"))
	v.Submit("/account/alice/domains/verify/", "host", "alice.blog").Want(t, http.StatusOK, "Saved.")
	for _, left := range [][]v1alpha1.CustomDomain{{"alice.blog"}, {}} {
		remove := "www.alice.org"
		if len(left) == 0 {
			remove = "alice.blog"
		}
		v.Submit("/account/alice/domains/remove/", "host", remove).Want(t, http.StatusOK, "Saved.")
		if have := p.Tenant("alice").Spec.CustomDomains; !slices.Equal(have, left) {
			t.Errorf("without %s the blog has %v", remove, have)
		}
	}
}

func TestDomainsThatAreRefused(t *testing.T) {
	t.Parallel()
	dns := startNameServer(t)
	p, site := portaltest.NewSite(t, "--dns-server="+dns.address)
	portaltest.AddAccount(t, p, "alice")
	portaltest.AddAccount(t, p, "bob", func(tenant *v1alpha1.Tenant) { tenant.Spec.CustomDomains = []v1alpha1.CustomDomain{"www.bob.org"} })
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	for host, sentence := range map[string]string{
		"":                                "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"alice":                           "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"https://www.alice.org/":          "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"www.alice.org:8080":              "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"*.alice.org":                     "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"192.0.2.1":                       "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"carol." + stack.Domain:           ", which belongs to this site. Enter your own domain.",
		"carol." + stack.OtherDomain:      ", which belongs to this site. Enter your own domain.",
		strings.Repeat("a.", 125) + "org": "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"www.bob.org":                     "Another blog has this domain",
	} {
		refused := v.Submit("/account/alice/domains/", "host", host).Want(t, http.StatusUnprocessableEntity, sentence, `id="host-error"`)
		if !strings.Contains(refused.Body, `value="`+host+`"`) {
			t.Errorf("the input is not kept: %q", host)
		}
	}
	v.Submit("/account/alice/domains/verify/", "host", "www.carol.org").Want(t, http.StatusNotFound)

	// Of two blogs that claim a domain, the first one to verify it gets it.
	bob := portaltest.LogIn(t, site, "bob", portaltest.Password)
	first := v.Submit("/account/alice/domains/", "host", "www.both.org").Want(t, http.StatusOK)
	second := bob.Submit("/account/bob/domains/", "host", "www.both.org").Want(t, http.StatusOK)
	name, ofAlice := first.VerificationRecord(t, "www.both.org")
	_, ofBob := second.VerificationRecord(t, "www.both.org")
	dns.set(name, ofAlice)
	bob.Submit("/account/bob/domains/verify/", "host", "www.both.org").Want(t, http.StatusUnprocessableEntity, "has another value. Set it to the value above.")
	v.Submit("/account/alice/domains/verify/", "host", "www.both.org").Want(t, http.StatusOK, "Saved.")
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	dns.set(name, ofBob)
	bob.Submit("/account/bob/domains/verify/", "host", "www.both.org").Want(t, http.StatusUnprocessableEntity, "Another blog has this domain")
	bob.Submit("/account/bob/domains/remove/", "host", "www.both.org").Want(t, http.StatusOK, "Saved.")

	// A blog can have twenty domains.
	for i := range 19 {
		v.Submit("/account/alice/domains/", "host", fmt.Sprintf("www%d.alice.org", i)).Want(t, http.StatusOK)
	}
	v.Submit("/account/alice/domains/", "host", "www19.alice.org").Want(t, http.StatusUnprocessableEntity, "A blog can have at most 20 custom domains. Remove one first.")

	dns.hush()
	v.Submit("/account/alice/domains/verify/", "host", "www0.alice.org").Want(t, http.StatusUnprocessableEntity, "did not answer")
}

package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// records are the TXT records that a resolver knows.
type records map[string][]string

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	texts, known := r[name]
	switch {
	case r["."] != nil:
		return nil, &net.DNSError{Err: "no answer", Name: name, IsTimeout: true}
	case !known:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return texts, nil
}

// addRow adds a tenant to the registry, as the operator does, and returns its ID.
func addRow(t *testing.T, operator *pgxpool.Pool, name string, createdAt time.Time) (id int64) {
	t.Helper()
	err := operator.QueryRow(t.Context(), `INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, paid_until, suspend_at, created_at, updated_at)
		VALUES ($1, $1, 'live', 1, $1, '2031-01-31', '2031-02-14', $2, $2) RETURNING id`, name, createdAt).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func addHost(t *testing.T, operator *pgxpool.Pool, host string, id int64, releasedAt *time.Time) {
	t.Helper()
	_, err := operator.Exec(t.Context(), `INSERT INTO public.domains (host, tenant_id, is_primary, released_at) VALUES ($1, $2, false, $3)`, host, id, releasedAt)
	if err != nil {
		t.Fatal(err)
	}
}

func wantReason(t *testing.T, what string, err error, want tenants.DomainReason) {
	t.Helper()
	var refused *tenants.DomainError
	if !errors.As(err, &refused) || refused.Reason != want || refused.Sentence() == "" {
		t.Errorf("%s: error %v, not %s", what, err, want)
	}
}

// domainSite is a site whose Tenants the registry knows, and whose DNS the test writes.
type domainSite struct {
	*site
	dns      records
	domains  *tenants.Domains
	operator *pgxpool.Pool
}

func newDomainSite(t *testing.T, policy v1alpha1.CustomDomainPolicy, allowed ...v1alpha1.CustomDomainPattern) *domainSite {
	t.Helper()
	portal, operator := tenancytest.Pools(t)
	d := &domainSite{site: newSite(t), dns: records{}, operator: operator}
	d.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Routing = &v1alpha1.RoutingSpec{CustomDomains: policy, AllowedCustomDomains: allowed, IngressClassName: "demo"}
	})
	d.Wait("the cache has the policy", func(ctx context.Context) error {
		platform, err := d.Client.Platform(ctx)
		if err == nil && platform.CustomDomainPolicy() != policy {
			err = errors.New("not yet")
		}
		return err
	})
	d.domains = tenants.NewDomains(d.Client, portal, d.dns)
	d.exec(`INSERT INTO public.installation (id, platform_namespace, platform_name, namespace_uid, public_url, domain, sign_up, code_required, contact, created_at)
		VALUES ('2f1e7c1a-7a57-4c77-9c0e-1f8a3c7d9b10', 'x', 'x', 'x', '', '', true, false, '', now())`)
	return d
}

func (d *domainSite) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.operator.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatal(err)
	}
}

// record returns the record that proves a domain of a Tenant.
func (d *domainSite) record(tenant, host string) domainproof.Record {
	d.t.Helper()
	row, err := tenancy.NewReader(d.operator).Find(d.t.Context(), tenant)
	if err != nil {
		d.t.Fatal(err)
	}
	return row.Record(host)
}

// wantState fails the test unless a Tenant's only domain has a state and a record, or none.
func (d *domainSite) wantState(tenant string, want tenants.DomainState, record domainproof.Record) tenants.Domain {
	d.t.Helper()
	list, err := d.domains.List(d.t.Context(), d.Tenant(tenant))
	if err != nil || len(list) != 1 || list[0].State != want || list[0].Record != record {
		d.t.Fatalf("the domains are %+v, error %v; want %s and %+v", list, err, want, record)
	}
	return list[0]
}

func TestDomains(t *testing.T) {
	t.Parallel()
	s := newDomainSite(t, v1alpha1.CustomDomainsVerified)
	s.register("alice")
	if list, err := s.domains.List(t.Context(), s.Tenant("alice")); err != nil || len(list) != 0 {
		t.Errorf("without domains: %v, %v", list, err)
	}
	if err := s.domains.Add(t.Context(), s.Tenant("alice"), " WWW.Alice.org. ", now); err != nil {
		t.Fatal(err)
	}
	if got := s.Tenant("alice").Spec.CustomDomains; !slices.Equal(got, []v1alpha1.CustomDomain{"www.alice.org"}) {
		t.Errorf("the domains are %v", got)
	}
	s.wantState("alice", tenants.DomainSettingUp, domainproof.Record{})
	check := func(host string) error { return s.domains.Check(t.Context(), s.Tenant("alice"), 1, host, now) }
	if err := check("www.alice.org"); !errors.Is(err, tenants.ErrNoDomain) {
		t.Errorf("a Tenant without a row: %v", err)
	}
	alice := addRow(t, s.operator, "alice", now)
	record := s.record("alice", "www.alice.org")
	s.wantState("alice", tenants.DomainUnproven, record)

	if err := check("www.bob.org"); !errors.Is(err, tenants.ErrNoDomain) {
		t.Errorf("a domain that the Tenant does not have: %v", err)
	}
	wantReason(t, "no record", check("www.alice.org"), tenants.RecordMissing)
	s.dns[record.Name+"."] = []string{"something else", record.Value + "x"}
	wantReason(t, "another record", check("www.alice.org"), tenants.RecordDiffers)
	s.dns["."] = []string{}
	wantReason(t, "no answer", check("www.alice.org"), tenants.ResolverUnreached)
	delete(s.dns, ".")
	s.dns[record.Name+"."] = []string{"something else", record.Value}
	if err := check("www.alice.org"); err != nil {
		t.Error(err)
	}
	s.wantState("alice", tenants.DomainUnproven, record) // only the operator decides

	s.exec(`INSERT INTO public.domains (host, tenant_id, is_primary, proof, checked_at) VALUES ('www.alice.org', $1, false, 'dns', $2)`, alice, now)
	s.wantState("alice", tenants.DomainSettingUp, record)
	s.exec(`UPDATE public.domains SET absent_since = $1`, now)
	if got := s.wantState("alice", tenants.DomainAbsent, record); !got.Date.Equal(now.AddDate(0, 0, 7)) {
		t.Errorf("it is lost at %s", got.Date)
	}
	s.exec(`UPDATE public.domains SET released_at = $1`, now.AddDate(0, 0, 7))
	if got := s.wantState("alice", tenants.DomainReleased, record); !got.Date.Equal(now.AddDate(0, 0, 7)) {
		t.Errorf("it was lost at %s", got.Date)
	}

	if err := s.domains.Add(t.Context(), s.Tenant("alice"), "www.alice.org", now); err != nil {
		t.Errorf("add a domain that the Tenant has: %v", err)
	}
	if err := s.domains.Remove(t.Context(), s.Tenant("alice"), "www.alice.org"); err != nil || len(s.Tenant("alice").Spec.CustomDomains) != 0 {
		t.Errorf("the domain is still there, error %v", err)
	}
	tenant := s.apply("argocd", "alice", "{customDomains: [git.alice.org]}")
	var owned *tenants.FieldOwnedError
	if err := s.domains.Remove(t.Context(), tenant, "git.alice.org"); !errors.As(err, &owned) || owned.Fields[0].Item != "git.alice.org" {
		t.Errorf("the removal of a domain that a manifest lists: %v", err)
	}
}

func TestPoliciesForDomains(t *testing.T) {
	t.Parallel()
	s := newDomainSite(t, v1alpha1.CustomDomainsListed, "*.alice.org")
	s.register("alice")
	addRow(t, s.operator, "alice", now)
	wantReason(t, "a domain that is not listed", s.domains.Add(t.Context(), s.Tenant("alice"), "www.alice.net", now), tenants.DomainNotListed)
	if err := s.domains.Add(t.Context(), s.Tenant("alice"), "www.alice.org", now); err != nil {
		t.Fatal(err)
	}
	s.wantState("alice", tenants.DomainSettingUp, domainproof.Record{})
	s.apply("test", "alice", "{customDomains: [www.alice.net]}")
	if err := s.domains.Remove(t.Context(), s.Tenant("alice"), "www.alice.org"); err != nil {
		t.Fatal(err)
	}
	s.wantState("alice", tenants.DomainNotAccepted, domainproof.Record{})

	s = newDomainSite(t, v1alpha1.CustomDomainsAny)
	s.register("alice")
	alice := addRow(t, s.operator, "alice", now)
	addHost(t, s.operator, "www.alice.net", alice, nil)
	s.apply("test", "alice", "{customDomains: [www.alice.net]}")
	s.wantState("alice", tenants.DomainTentative, s.record("alice", "www.alice.net"))
}

func TestDomainsThatAreNotFree(t *testing.T) {
	t.Parallel()
	s := newDomainSite(t, v1alpha1.CustomDomainsVerified)
	s.register("alice")
	addRow(t, s.operator, "alice", now)
	bob := addRow(t, s.operator, "bob", now)
	released := now.Add(-30 * time.Second)
	addHost(t, s.operator, "www.bob.org", bob, nil)
	addHost(t, s.operator, "old.bob.org", bob, &released)
	add := func(host string, at time.Time) error { return s.domains.Add(t.Context(), s.Tenant("alice"), host, at) }
	s.exec(`UPDATE public.domains SET proof = 'dns'`)
	wantReason(t, "a domain of another Tenant", add("www.bob.org", now), tenants.DomainTaken)
	wantReason(t, "a domain that another Tenant has released", add("old.bob.org", now), tenants.DomainHeld)
	if err := add("old.bob.org", now.Add(time.Minute)); err != nil {
		t.Errorf("a domain that another Tenant released long ago: %v", err)
	}
	var invalid *tenants.InvalidError
	if err := add("www.example.com", now); !errors.As(err, &invalid) || invalid.Fields[0].Path != "customDomains" {
		t.Errorf("a domain of the Platform: %v", err)
	}
	s.exec(`UPDATE public.domains SET proof = 'none' WHERE host = 'www.bob.org'`)
	if err := add("www.bob.org", now); err != nil {
		t.Errorf("a domain that another Tenant has without a proof: %v", err)
	}
	s.exec(`UPDATE public.domains SET proof = 'dns' WHERE host = 'www.bob.org'`)
	list, err := s.domains.List(t.Context(), s.Tenant("alice"))
	if err != nil || len(list) != 2 || list[0].State != tenants.DomainUnproven || list[1].State != tenants.DomainElsewhere {
		t.Errorf("the domains are %+v, %v", list, err)
	}
	for i := range 18 {
		if err := add(fmt.Sprintf("www%d.alice.org", i), now); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, "the 21st domain", add("www19.alice.org", now), tenants.TooManyDomains)
}

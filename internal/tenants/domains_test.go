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

func TestDomains(t *testing.T) {
	t.Parallel()
	s, dns := newSite(t), records{}
	portal, operator := tenancytest.Pools(t)
	domains := tenants.NewDomains(s.Client, portal, dns)
	s.register("alice")
	addRow(t, operator, "alice", now)
	verify := func() error { return domains.Verify(t.Context(), s.Tenant("alice"), 1, "www.alice.org", now) }

	if err := verify(); !errors.Is(err, tenants.ErrNoClaim) {
		t.Errorf("a domain that is not claimed: %v", err)
	}
	claim, err := domains.Add(t.Context(), s.Tenant("alice"), " WWW.Alice.org. ", now)
	if err != nil || claim.Host != "www.alice.org" || claim.RecordName() != "_echoblogs.www.alice.org" {
		t.Fatalf("the claim is %+v, error %v", claim, err)
	}
	if again, err := domains.Add(t.Context(), s.Tenant("alice"), "www.alice.org", now); err != nil || again != claim {
		t.Errorf("claimed again: %+v, error %v", again, err)
	}
	wantReason(t, "no record", verify(), tenants.RecordMissing)
	dns["_echoblogs.www.alice.org."] = []string{"something else", claim.RecordValue() + "x"}
	wantReason(t, "another record", verify(), tenants.RecordDiffers)
	dns["."] = []string{}
	wantReason(t, "no answer", verify(), tenants.ResolverUnreached)
	delete(dns, ".")
	if left := s.Tenant("alice").Spec.CustomDomains; len(left) != 0 {
		t.Fatalf("a domain was added without a record: %v", left)
	}

	dns["_echoblogs.www.alice.org."] = []string{"something else", claim.RecordValue()}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	if got := s.Tenant("alice").Spec.CustomDomains; !slices.Equal(got, []v1alpha1.CustomDomain{"www.alice.org"}) {
		t.Errorf("the domains are %v", got)
	}
	if claims, err := domains.Claims(t.Context(), s.Tenant("alice")); err != nil || len(claims) != 0 {
		t.Errorf("the claims are %v, error %v", claims, err)
	}
	_, err = domains.Add(t.Context(), s.Tenant("alice"), "www.alice.org", now)
	wantReason(t, "a domain that the Tenant has", err, tenants.DomainAdded)

	if err := domains.Remove(t.Context(), s.Tenant("alice"), "www.alice.org"); err != nil || len(s.Tenant("alice").Spec.CustomDomains) != 0 {
		t.Errorf("the domain is still there, error %v", err)
	}
	tenant := s.apply("argocd", "alice", "{customDomains: [git.alice.org]}")
	var owned *tenants.FieldOwnedError
	if err := domains.Remove(t.Context(), tenant, "git.alice.org"); !errors.As(err, &owned) || owned.Fields[0].Item != "git.alice.org" {
		t.Errorf("the removal of a domain that a manifest lists: %v", err)
	}
}

func TestDomainsThatAreNotFree(t *testing.T) {
	t.Parallel()
	s, dns := newSite(t), records{}
	portal, operator := tenancytest.Pools(t)
	domains := tenants.NewDomains(s.Client, portal, dns)
	tenant := s.register("alice")
	addRow(t, operator, "alice", now)
	bob := addRow(t, operator, "bob", now)
	released := now.Add(-30 * time.Second)
	addHost(t, operator, "www.bob.org", bob, nil)
	addHost(t, operator, "old.bob.org", bob, &released)
	add := func(host string, at time.Time) error {
		_, err := domains.Add(t.Context(), tenant, host, at)
		return err
	}
	wantReason(t, "a domain of another Tenant", add("www.bob.org", now), tenants.DomainTaken)
	wantReason(t, "a domain that another Tenant has released", add("old.bob.org", now), tenants.DomainHeld)
	if err := add("old.bob.org", now.Add(time.Minute)); err != nil {
		t.Errorf("a domain that another Tenant released long ago: %v", err)
	}
	var invalid *tenants.InvalidError
	if err := add("www.example.com", now); !errors.As(err, &invalid) || invalid.Fields[0].Path != "customDomains" {
		t.Errorf("a domain of the Platform: %v", err)
	}

	// Of two claims, the second one to be verified finds the domain taken.
	claim, err := domains.Add(t.Context(), tenant, "www.both.org", now)
	if err != nil {
		t.Fatal(err)
	}
	dns[claim.RecordName()+"."] = []string{claim.RecordValue()}
	addHost(t, operator, "www.both.org", bob, nil)
	wantReason(t, "a domain that was taken meanwhile", domains.Verify(t.Context(), tenant, 1, "www.both.org", now), tenants.DomainTaken)
	if err := domains.Remove(t.Context(), tenant, "www.both.org"); err != nil {
		t.Error(err)
	}

	for i := range 19 { // with old.bob.org, 20
		if err := add(fmt.Sprintf("www%d.alice.org", i), now); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, "the 21st domain", add("www19.alice.org", now), tenants.TooManyDomains)
}

// A claim belongs to the tenant that made it, not to a later one of its name.
func TestClaimsOfEarlierTenants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	portal, operator := tenancytest.Pools(t)
	domains := tenants.NewDomains(s.Client, portal, records{})
	tenant := s.register("alice")
	addRow(t, operator, "alice", now)
	first, err := domains.Add(t.Context(), tenant, "www.alice.org", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operator.Exec(t.Context(), `UPDATE public.tenants SET created_at = $1`, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if claims, err := domains.Claims(t.Context(), tenant); err != nil || len(claims) != 0 {
		t.Errorf("the claims of the later tenant are %v, error %v", claims, err)
	}
	second, err := domains.Add(t.Context(), tenant, "www.alice.org", now.Add(2*time.Hour))
	if err != nil || second.Token == first.Token {
		t.Errorf("the later tenant has the earlier one's claim: %+v, error %v", second, err)
	}
	if _, err := operator.Exec(t.Context(), `DELETE FROM public.tenants`); err != nil {
		t.Fatal(err)
	}
	if err := domains.DeleteStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := portal.QueryRow(t.Context(), `SELECT count(*) FROM public.domain_claims`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d claims of deleted tenants are left, error %v", left, err)
	}
}

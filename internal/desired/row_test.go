package desired_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func platform() *v1alpha1.Platform {
	return &v1alpha1.Platform{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
		Spec: v1alpha1.PlatformSpec{
			Domains:  []v1alpha1.ParentDomain{"example.com", "example.org"},
			Defaults: &v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(30)), GraceDays: new(int32(10))},
		},
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	created := metav1.NewTime(date(2027, time.January, 1).Add(20 * time.Hour))
	base := tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "alice", PrimaryHost: "alice.example.com",
		PaidUntil: date(2027, time.January, 31), SuspendAt: date(2027, time.February, 11),
		Limits: tenancy.Limits{MaxPosts: new(int64(1000)), MaxStorageBytes: new(int64(100 << 20))}, // it is on trial
	}
	with := func(change func(*tenancy.Spec)) tenancy.Spec {
		row := base
		change(&row)
		return row
	}
	customDomains := []v1alpha1.CustomDomain{"www.a.net", "xb.net", "deep.below.b.net", "b.net", "www.proven.net", "www.once-listed.net"}
	allowed := []v1alpha1.CustomDomainPattern{"www.a.net", "*.b.net"}
	proofs := map[string]tenancy.Proof{
		"www.proven.net": tenancy.ProofDNS, "www.a.net": tenancy.ProofDNS, "www.once-listed.net": tenancy.ProofListed, "www.not-in-spec.net": tenancy.ProofDNS,
	}
	tests := map[string]struct {
		spec      v1alpha1.TenantSpec
		paidUntil time.Time
		inSpec    bool
		want      tenancy.Spec
		policy    v1alpha1.RoutingSpec
		proofs    map[string]tenancy.Proof
		refused   desired.Refused
	}{
		"an empty spec is paid from the day of creation": {want: base},
		"a row keeps its date": {paidUntil: date(2028, time.May, 1), want: with(func(row *tenancy.Spec) {
			row.PaidUntil, row.SuspendAt = date(2028, time.May, 1), date(2028, time.May, 12)
		})},
		"a date that was removed from the spec is not kept": {paidUntil: date(2028, time.May, 1), inSpec: true, want: base},
		"the spec's date wins": {
			spec: v1alpha1.TenantSpec{PaidUntil: "2030-12-31"}, paidUntil: date(2028, time.May, 1),
			want: with(func(row *tenancy.Spec) {
				row.PaidUntil, row.PaidUntilInSpec, row.SuspendAt = date(2030, time.December, 31), true, date(2031, time.January, 11)
			}),
		},
		"a suspended Tenant is suspended immediately": {
			spec: v1alpha1.TenantSpec{Suspended: new(true)},
			want: with(func(row *tenancy.Spec) { row.SuspendAt = time.Time{} }),
		},
		"names": {
			spec: v1alpha1.TenantSpec{
				DisplayName: "Wonderland", SchemaName: "wonder", Domain: "example.org", Owner: &v1alpha1.TenantOwner{Username: "liddell"},
			},
			want: with(func(row *tenancy.Spec) {
				row.DisplayName, row.SchemaName, row.PrimaryHost, row.Owner = "Wonderland", "wonder", "alice.example.org", "liddell"
			}),
		},
		"a paying Tenant has no limits": {
			spec: v1alpha1.TenantSpec{Trial: new(false)},
			want: with(func(row *tenancy.Spec) { row.Limits = tenancy.Limits{} }),
		},
		"custom domains are sorted, and those of the Platform refused": {
			spec:    v1alpha1.TenantSpec{CustomDomains: []v1alpha1.CustomDomain{"www.b.net", "example.org", "www.a.net", "bob.example.com"}},
			policy:  v1alpha1.RoutingSpec{CustomDomains: v1alpha1.CustomDomainsAny, AllowedCustomDomains: []v1alpha1.CustomDomainPattern{"*.example.com"}},
			want:    with(func(row *tenancy.Spec) { row.CustomHosts = []string{"www.a.net", "www.b.net"} }),
			refused: desired.Refused{UnderPlatform: []string{"bob.example.com", "example.org"}},
		},
		"custom domains need a proof": {
			spec:   v1alpha1.TenantSpec{CustomDomains: customDomains},
			policy: v1alpha1.RoutingSpec{AllowedCustomDomains: allowed}, proofs: proofs,
			want: with(func(row *tenancy.Spec) {
				row.CustomHosts = []string{"deep.below.b.net", "www.a.net", "www.proven.net"}
				row.Proofs = map[string]tenancy.Proof{"deep.below.b.net": tenancy.ProofListed, "www.a.net": tenancy.ProofListed, "www.proven.net": tenancy.ProofDNS}
			}),
			refused: desired.Refused{Unproven: []string{"b.net", "www.once-listed.net", "xb.net"}},
		},
		"custom domains have to be listed": {
			spec:   v1alpha1.TenantSpec{CustomDomains: customDomains},
			policy: v1alpha1.RoutingSpec{CustomDomains: v1alpha1.CustomDomainsListed, AllowedCustomDomains: allowed}, proofs: proofs,
			want: with(func(row *tenancy.Spec) {
				row.CustomHosts = []string{"deep.below.b.net", "www.a.net"}
				row.Proofs = map[string]tenancy.Proof{"deep.below.b.net": tenancy.ProofListed, "www.a.net": tenancy.ProofListed}
			}),
			refused: desired.Refused{NotListed: []string{"b.net", "www.once-listed.net", "www.proven.net", "xb.net"}},
		},
		"any custom domain": {
			spec:   v1alpha1.TenantSpec{CustomDomains: customDomains},
			policy: v1alpha1.RoutingSpec{CustomDomains: v1alpha1.CustomDomainsAny, AllowedCustomDomains: allowed}, proofs: proofs,
			want: with(func(row *tenancy.Spec) {
				row.CustomHosts = []string{"b.net", "deep.below.b.net", "www.a.net", "www.once-listed.net", "www.proven.net", "xb.net"}
				row.Proofs = map[string]tenancy.Proof{"deep.below.b.net": tenancy.ProofListed, "www.a.net": tenancy.ProofListed, "www.proven.net": tenancy.ProofDNS}
			}),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "alice", CreationTimestamp: created}, Spec: test.spec}
			p := platform()
			p.Spec.Routing = &test.policy
			row, refused, err := desired.Row(p, tenant, tenancy.Spec{PaidUntil: test.paidUntil, PaidUntilInSpec: test.inSpec, Proofs: test.proofs})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, row); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.refused, refused); diff != "" {
				t.Errorf("refused domains (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowNeedsAListedDomain(t *testing.T) {
	t.Parallel()
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "alice"}, Spec: v1alpha1.TenantSpec{Domain: "example.net"}}
	_, _, err := desired.Row(platform(), tenant, tenancy.Spec{})
	var notListed *desired.DomainNotListedError
	if !errors.As(err, &notListed) || err.Error() != "domain example.net is not listed by Platform default" {
		t.Errorf("Row returned %v", err)
	}
}

// A new Tenant on trial has trialDays, and one that is not has paidPeriodDays.
func TestDaysOfNewTenants(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		defaults *v1alpha1.TenantDefaults
		trial    *bool
		want     int
	}{
		"on trial":                   {&v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(30)), TrialDays: new(int32(14))}, nil, 14},
		"paid":                       {&v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(30)), TrialDays: new(int32(14))}, new(false), 30},
		"on trial without trialDays": {&v1alpha1.TenantDefaults{PaidPeriodDays: new(int32(30))}, new(true), 30},
		"on trial without defaults":  {nil, nil, 365},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := platform()
			p.Spec.Defaults = test.defaults
			tenant := &v1alpha1.Tenant{
				ObjectMeta: metav1.ObjectMeta{Name: "alice", CreationTimestamp: metav1.NewTime(date(2027, time.January, 1).Add(20 * time.Hour))},
				Spec:       v1alpha1.TenantSpec{Trial: test.trial},
			}
			row, _, err := desired.Row(p, tenant, tenancy.Spec{})
			if err != nil {
				t.Fatal(err)
			}
			if want := date(2027, time.January, 1+test.want); !row.PaidUntil.Equal(want) {
				t.Errorf("it is paid until %s, want %s", row.PaidUntil, want)
			}
		})
	}
}

func TestActiveReason(t *testing.T) {
	t.Parallel()
	paid := tenancy.Tenant{Spec: tenancy.Spec{PaidUntil: date(2027, time.January, 31), SuspendAt: date(2027, time.February, 11)}}
	tests := map[string]struct {
		row  tenancy.Tenant
		now  time.Time
		want string
	}{
		"on the last paid day":         {paid, date(2027, time.February, 1).Add(-time.Second), v1alpha1.ReasonPaid},
		"after the last paid day":      {paid, date(2027, time.February, 1), v1alpha1.ReasonGrace},
		"before the grace period ends": {paid, date(2027, time.February, 11).Add(-time.Second), v1alpha1.ReasonGrace},
		"after the grace period":       {paid, date(2027, time.February, 11), v1alpha1.ReasonPaymentDue},
		"suspended":                    {tenancy.Tenant{Spec: tenancy.Spec{PaidUntil: date(2027, time.January, 31)}}, date(2027, time.January, 1), v1alpha1.ReasonSuspended},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := desired.ActiveReason(test.row, test.now); got != test.want {
				t.Errorf("the reason is %s, want %s", got, test.want)
			}
		})
	}
}

package desired_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

func TestRedirects(t *testing.T) {
	t.Parallel()
	now := date(2027, time.January, 1)
	later, past := now.AddDate(0, 0, 7), now.Add(-time.Second)
	for name, test := range map[string]struct {
		days *int32
		have []tenancy.Redirect
		want tenancy.Spec
		left []tenancy.Redirect
	}{
		"the host stays":        {have: []tenancy.Redirect{{Host: "b.net", Until: later}, {Host: "c.net", Until: past}}, want: tenancy.Spec{PrimaryHost: "a.net"}, left: []tenancy.Redirect{{Host: "b.net", Until: later}}},
		"the host changes":      {have: []tenancy.Redirect{{Host: "b.net", Until: later}}, want: tenancy.Spec{PrimaryHost: "d.net"}, left: []tenancy.Redirect{{Host: "a.net", Until: now.AddDate(0, 0, 30)}, {Host: "b.net", Until: later}}},
		"the host changes back": {have: []tenancy.Redirect{{Host: "b.net", Until: later}}, want: tenancy.Spec{PrimaryHost: "b.net"}, left: []tenancy.Redirect{{Host: "a.net", Until: now.AddDate(0, 0, 30)}}},
		"a custom domain":       {have: []tenancy.Redirect{{Host: "b.net", Until: later}}, want: tenancy.Spec{PrimaryHost: "a.net", CustomHosts: []string{"b.net"}}},
		"another period":        {days: new(int32(1)), want: tenancy.Spec{PrimaryHost: "b.net"}, left: []tenancy.Redirect{{Host: "a.net", Until: now.AddDate(0, 0, 1)}}},
		"no redirects":          {days: new(int32(0)), have: []tenancy.Redirect{{Host: "b.net", Until: later}}, want: tenancy.Spec{PrimaryHost: "d.net"}},
	} {
		p := &v1alpha1.Platform{Spec: v1alpha1.PlatformSpec{Routing: &v1alpha1.RoutingSpec{RedirectOldHostsDays: test.days}}}
		got := desired.Redirects(p, tenancy.Spec{PrimaryHost: "a.net", Redirects: test.have}, test.want, now)
		if diff := cmp.Diff(test.left, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	many := tenancy.Spec{PrimaryHost: "a.net", Redirects: make([]tenancy.Redirect, 9)}
	for i := range many.Redirects {
		many.Redirects[i] = tenancy.Redirect{Host: string(rune('b' + i)), Until: later}
	}
	if got := desired.Redirects(&v1alpha1.Platform{}, many, tenancy.Spec{PrimaryHost: "z.net"}, now); len(got) != 5 || got[0].Host != "a.net" {
		t.Errorf("a Tenant has the redirects %v", got)
	}
}

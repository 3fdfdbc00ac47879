package tenants_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// changeOf returns a change of a Tenant as it is now.
func changeOf(t *v1alpha1.Tenant, edit func(*tenants.Settings)) tenants.Change {
	change := tenants.Change{Version: tenants.VersionOf(t), Base: tenants.SettingsOf(t), Want: tenants.SettingsOf(t)}
	edit(&change.Want)
	return change
}

func (s *site) change(change tenants.Change) []tenants.Difference {
	s.t.Helper()
	changed, err := s.Client.Edit(s.t.Context(), change)
	if err != nil {
		s.t.Fatal(err)
	}
	return changed
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	storage := resource.MustParse("20Mi")
	changed := s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) {
		w.DisplayName, w.CustomDomains, w.PaidUntil, w.Trial = "Wonderland", []string{"www.alice.org", "alice.net"}, "2031-01-31", false
		w.Posts, w.Storage, w.RequestsPerSecond = new(int64(5)), &storage, new(int32(7))
	}))
	want := []tenants.Difference{
		{Path: "displayName", To: "Wonderland"}, {Path: "customDomains", To: "www.alice.org\nalice.net"}, {Path: "paidUntil", To: "2031-01-31"},
		{Path: "trial", From: "yes", To: "no"}, {Path: "limits.posts", To: "5"}, {Path: "limits.storage", To: "20Mi"}, {Path: "limits.requestsPerSecond", To: "7"},
	}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("the differences (-want +got):\n%s", diff)
	}
	if line := changed[1].String(); line != "customDomains none -> www.alice.org, alice.net" {
		t.Errorf("the line for the audit log is %q", line)
	}
	wantSpec := v1alpha1.TenantSpec{
		Owner:       &v1alpha1.TenantOwner{Username: "alice", Email: "alice@example.org"},
		DisplayName: "Wonderland", CustomDomains: []v1alpha1.CustomDomain{"www.alice.org", "alice.net"}, PaidUntil: "2031-01-31", Trial: new(false),
		Limits: &v1alpha1.Limits{Posts: new(int64(5)), Storage: &storage, RequestsPerSecond: new(int32(7))},
	}
	if diff := cmp.Diff(wantSpec, s.Tenant("alice").Spec); diff != "" {
		t.Errorf("the spec (-want +got):\n%s", diff)
	}

	// Values that are removed are gone from the spec.
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) {
		w.DisplayName, w.CustomDomains, w.PaidUntil = "", []string{"alice.net"}, ""
		w.Posts, w.Storage, w.RequestsPerSecond = nil, nil, nil
	}))
	wantSpec = v1alpha1.TenantSpec{Owner: wantSpec.Owner, CustomDomains: []v1alpha1.CustomDomain{"alice.net"}, Trial: new(false)}
	if diff := cmp.Diff(wantSpec, s.Tenant("alice").Spec); diff != "" {
		t.Errorf("the spec (-want +got):\n%s", diff)
	}

	// An edit that changes nothing writes nothing.
	before, writes := s.Tenant("alice"), s.writes.Load()
	changed = s.change(changeOf(before, func(w *tenants.Settings) { w.Trial = false }))
	if len(changed) != 0 || s.writes.Load() != writes || s.Tenant("alice").ResourceVersion != before.ResourceVersion {
		t.Errorf("an edit without a change made %v", changed)
	}
	if _, err := s.Client.Edit(t.Context(), tenants.Change{Version: tenants.Version{Name: "bob"}, Want: tenants.Settings{DisplayName: "Bob"}}); !errors.Is(err, tenants.ErrNotFound) {
		t.Errorf("an edit of a Tenant that does not exist: %v", err)
	}
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	version := tenants.VersionOf(s.register("alice")).Latest()
	for _, step := range []struct {
		name             string
		suspend, changed bool
	}{{"suspend", true, true}, {"suspend again", true, false}, {"resume", false, true}, {"resume again", false, false}} {
		do := s.Resume
		if step.suspend {
			do = s.Suspend
		}
		changed, err := do(t.Context(), version)
		if err != nil || changed != step.changed || s.Tenant("alice").SuspendedBySpec() != step.suspend {
			t.Errorf("%s: changed %t, error %v, spec %+v", step.name, changed, err, s.Tenant("alice").Spec)
		}
	}
}

// A Tenant needs no spec: an empty one stays when the portal removes its last field.
func TestLastFieldIsRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.ApplyTenant("kubectl", "apiVersion: tenancy.echoblogs.io/v1alpha1\nkind: Tenant\nmetadata: {name: without-spec}")
	s.apply("kubectl", "empty-spec", "{}")
	for _, name := range []string{"without-spec", "empty-spec"} {
		for _, change := range []struct{ base, want tenants.Settings }{
			{want: tenants.Settings{Suspended: true}},
			{want: tenants.Settings{Posts: new(int64(3))}},
			{want: tenants.Settings{DisplayName: "Title"}},
			{want: tenants.Settings{CustomDomains: []string{"www.alice.org"}}},
		} {
			version := tenants.VersionOf(s.Tenant(name)).Latest()
			change.base.Trial, change.want.Trial = true, true
			s.change(tenants.Change{Version: version, Base: change.base, Want: change.want})
			s.change(tenants.Change{Version: version, Base: change.want, Want: change.base})
		}
		if got := s.Tenant(name).Spec; !reflect.DeepEqual(got, v1alpha1.TenantSpec{}) {
			t.Errorf("the spec of %s is %+v", name, got)
		}
	}
}

// Changes of fields that other managers own are refused without a write; other fields can be changed.
func TestFieldOwnership(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	tenant := s.apply("argocd", "alice", "{displayName: From Git, customDomains: [git.alice.org], limits: {posts: 3}}")
	owners := tenants.OwnersOf(tenant)
	for path, want := range map[string]string{
		"displayName": "argocd", "limits.posts": "argocd", "limits": "", "limits.storage": "", "customDomains": "", "owner.username": "", "trial": "",
	} {
		if got := owners.Field(path); got != want {
			t.Errorf("the owner of %s is %q, not %q", path, got, want)
		}
	}
	if git, other := owners.Domain("git.alice.org"), owners.Domain("www.alice.org"); git != "argocd" || other != "" {
		t.Errorf("the owners of the domains are %q and %q", git, other)
	}
	if managers := owners.Managers(); !slices.Equal(managers, []string{"argocd"}) {
		t.Errorf("the managers are %v", managers)
	}

	_, err := s.Client.Edit(t.Context(), changeOf(tenant, func(w *tenants.Settings) {
		w.DisplayName, w.CustomDomains, w.Trial = "Mine", []string{"www.alice.org"}, false
	}))
	var owned *tenants.FieldOwnedError
	if !errors.As(err, &owned) {
		t.Fatalf("the edit: %v", err)
	}
	want := []tenants.OwnedField{{Path: "displayName", Manager: "argocd"}, {Path: "customDomains", Item: "git.alice.org", Manager: "argocd"}}
	if diff := cmp.Diff(want, owned.Fields); diff != "" {
		t.Errorf("the fields (-want +got):\n%s", diff)
	}
	if after := s.Tenant("alice"); after.ResourceVersion != tenant.ResourceVersion || s.writes.Load() != 0 {
		t.Errorf("the refused edit wrote something: %+v", after)
	}

	s.change(changeOf(tenant, func(w *tenants.Settings) {
		w.CustomDomains, w.Storage = []string{"git.alice.org", "www.alice.org"}, new(resource.MustParse("5Mi"))
	}))
	spec := s.Tenant("alice").Spec
	if got := fmt.Sprint(spec.DisplayName, spec.CustomDomains, *spec.Limits.Posts, spec.Limits.Storage); got != "From Git[git.alice.org www.alice.org] 3 5Mi" {
		t.Errorf("the spec is %s", got)
	}
	if left := s.apply("argocd", "alice", "{}").Spec; !slices.Equal(left.CustomDomains, []v1alpha1.CustomDomain{"www.alice.org"}) || left.DisplayName != "" {
		t.Errorf("the portal has taken over fields of argocd: %+v", left)
	}
}

// A field that another manager takes between the read and the write is refused as well.
func TestFieldTakenMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	change := changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName = "Mine" })
	change.Version = change.Latest()
	s.beforeNextWrite(func() { s.apply("argocd", "alice", "{displayName: From Git}") })
	_, err := s.Client.Edit(t.Context(), change)
	var owned *tenants.FieldOwnedError
	if !errors.As(err, &owned) || owned.Fields[0] != (tenants.OwnedField{Path: "displayName", Manager: "argocd"}) {
		t.Errorf("the edit: %v", err)
	}
	if name := s.Tenant("alice").Spec.DisplayName; name != "From Git" {
		t.Errorf("the title is %q", name)
	}
}

// A change of status is not a conflict.
func TestEditAfterStatusChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.Trial = false })) // assigns the fields
	change, writes := changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName = "Mine" }), s.writes.Load()
	s.beforeNextWrite(func() { s.setPhase("alice", v1alpha1.TenantActive) })
	s.change(change)
	if after := s.Tenant("alice"); after.Spec.DisplayName != "Mine" || after.Status.Phase != v1alpha1.TenantActive {
		t.Errorf("the Tenant is %+v", after)
	}
	if n := s.writes.Load() - writes; n != 2 {
		t.Errorf("%d writes, not the one that met the change and the one after it", n)
	}
}

// A change of the spec since the caller saw it is reported with both values, before and during the write.
func TestEditAfterSpecChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName, w.PaidUntil = "Base", "2030-01-01" }))
	seen := s.Tenant("alice")
	theirs := func() {
		s.t.Helper()
		change := changeOf(seen, func(w *tenants.Settings) { w.DisplayName, w.PaidUntil = "Theirs", "2031-01-01" })
		change.Version = change.Latest()
		s.change(change)
	}
	ours := changeOf(seen, func(w *tenants.Settings) { w.DisplayName, w.Trial = "Ours", false })
	check := func(when string, before func()) {
		t.Helper()
		before()
		_, err := s.Client.Edit(t.Context(), ours)
		var changed *tenants.ChangedError
		if !errors.As(err, &changed) {
			t.Fatalf("a change %s the edit: %v", when, err)
		}
		want := []tenants.ChangedField{
			{Path: "displayName", Base: "Base", Theirs: "Theirs", Ours: "Ours"},
			{Path: "paidUntil", Base: "2030-01-01", Theirs: "2031-01-01", Ours: "2030-01-01"},
			{Path: "trial", Base: "yes", Theirs: "yes", Ours: "no"},
		}
		if diff := cmp.Diff(want, changed.Fields); diff != "" {
			t.Errorf("a change %s the edit: the fields (-want +got):\n%s", when, diff)
		}
		for i, both := range []bool{true, false, false} {
			if changed.Fields[i].Both() != both {
				t.Errorf("%s was changed by both: %t", changed.Fields[i].Path, !both)
			}
		}
		now := s.Tenant("alice")
		if diff := cmp.Diff(now.Spec, changed.Tenant.Spec); diff != "" || now.Spec.DisplayName != "Theirs" || now.Spec.Trial != nil {
			t.Errorf("a change %s the edit: the Tenant is %+v", when, now.Spec)
		}
	}
	check("during", func() { s.beforeNextWrite(theirs) })
	check("before", func() {})

	// Saved again with the new generation, the caller's values win, and the others stay.
	ours.Generation = s.Tenant("alice").Generation
	s.change(ours)
	if spec := s.Tenant("alice").Spec; spec.DisplayName != "Ours" || spec.PaidUntil != "2031-01-01" || *spec.Trial {
		t.Errorf("the spec is %+v", spec)
	}
}

// Concurrent edits without a generation lose nothing.
func TestConcurrentEdits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	version := tenants.VersionOf(s.register("alice")).Latest()
	var running sync.WaitGroup
	var want []string
	for i := range 5 {
		host := fmt.Sprintf("www%d.alice.org", i)
		want = append(want, host)
		running.Go(func() {
			_, err := s.Client.Edit(t.Context(), tenants.Change{Version: version, Want: tenants.Settings{CustomDomains: []string{host}}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	got := tenants.SettingsOf(s.Tenant("alice")).CustomDomains
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
		t.Errorf("the domains (-want +got):\n%s", diff)
	}
}

func TestInvalidValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.register("alice")
	before := s.Tenant("alice")
	for name, test := range map[string]struct {
		edit          func(*tenants.Settings)
		path, message string
	}{
		"title": {func(w *tenants.Settings) { w.DisplayName = "a\nb" }, "displayName", "Use letters, digits, spaces and punctuation on one line, without invisible characters."},
		"domain of the platform": {func(w *tenants.Settings) { w.CustomDomains = []string{"www.bob.example.com"} }, "customDomains",
			"www.bob.example.com is at or under example.com, which belongs to this site. Enter your own domain."},
		"host of the site": {func(w *tenants.Settings) { w.CustomDomains = []string{"blogs.example.net"} }, "customDomains",
			"blogs.example.net is at or under blogs.example.net, which belongs to this site. Enter your own domain."},
		"date":     {func(w *tenants.Settings) { w.PaidUntil = "2030-02-31" }, "paidUntil", "Enter a date such as 2027-12-31."},
		"posts":    {func(w *tenants.Settings) { w.Posts = new(int64(-1)) }, "limits.posts", "Enter a whole number of 0 or more."},
		"storage":  {func(w *tenants.Settings) { w.Storage = new(resource.MustParse("-1Mi")) }, "limits.storage", "Enter a whole number of bytes from 0 to 1Pi, such as 500Mi or 2Gi."},
		"requests": {func(w *tenants.Settings) { w.RequestsPerSecond = new(int32(-1)) }, "limits.requestsPerSecond", "Enter a whole number of 0 or more."},
		// A rule that only the Tenant's schema has.
		"too many posts": {func(w *tenants.Settings) { w.Posts = new(int64(2e9)) }, "limits.posts",
			"Invalid value: 2000000000: spec.limits.posts in body should be less than or equal to 1000000000"},
	} {
		_, err := s.Client.Edit(t.Context(), changeOf(before, test.edit))
		var invalid *tenants.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := (tenants.InvalidField{Path: test.path, Message: test.message}); invalid.Fields[0] != want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, invalid.Fields[0], want)
		}
	}
	if after := s.Tenant("alice"); after.Generation != before.Generation {
		t.Errorf("the Tenant was changed: %+v", after.Spec)
	}
}

// Staff's fields have a field manager of their own, also after a restoration, which creates all fields at once: an edit by
// an owner contains none of them.
func TestFieldManagers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tombstone := tenancy.Tombstone{Name: "alice", DeletedTenant: tenancy.DeletedTenant{Object: tenancy.Object{JSON: []byte(`{"spec": {"owner": {"username": "alice", "email": "alice@example.org"}, "displayName": "Alice",
		"customDomains": ["www.alice.org"], "paidUntil": "2031-01-31", "suspended": true, "limits": {"posts": 3}}}`)}}}
	if err := s.Client.Restore(t.Context(), tombstone); err != nil {
		t.Fatal(err)
	}
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.DisplayName = "Wonderland" }))
	for manager, want := range map[string]string{
		"echoblogs-portal": "customDomains displayName owner", "echoblogs-staff": "limits paidUntil suspended",
	} {
		if got := specFields(t, s.Tenant("alice"), manager); got != want {
			t.Errorf("%s owns %s, not %s", manager, got, want)
		}
	}

	// Both in one edit; and values that one manager created are removed by the other.
	s.change(changeOf(s.Tenant("alice"), func(w *tenants.Settings) {
		w.DisplayName, w.PaidUntil, w.Suspended, w.Posts, w.Storage = "", "", false, nil, new(resource.MustParse("5Mi"))
	}))
	want := v1alpha1.TenantSpec{
		Owner: &v1alpha1.TenantOwner{Username: "alice", Email: "alice@example.org"}, CustomDomains: []v1alpha1.CustomDomain{"www.alice.org"},
		Limits: &v1alpha1.Limits{Storage: new(resource.MustParse("5Mi"))},
	}
	if diff := cmp.Diff(want, s.Tenant("alice").Spec); diff != "" {
		t.Errorf("the spec (-want +got):\n%s", diff)
	}
	if owners := tenants.OwnersOf(s.Tenant("alice")); len(owners) != 0 {
		t.Errorf("others own fields: %v", owners.Managers())
	}
}

// specFields returns the fields of a Tenant's spec that a manager has applied, sorted.
func specFields(t *testing.T, tenant *v1alpha1.Tenant, manager string) string {
	t.Helper()
	applied, err := tenancyv1alpha1.ExtractTenant(tenant, manager)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(applied.Spec)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return strings.Join(slices.Sorted(maps.Keys(fields)), " ")
}

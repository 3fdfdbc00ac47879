package routing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/routing"
)

func newPlatform(routing *v1alpha1.RoutingSpec) *v1alpha1.Platform {
	return &v1alpha1.Platform{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "blogs", UID: "p"},
		Spec: v1alpha1.PlatformSpec{
			Domains: []v1alpha1.ParentDomain{"example.com"},
			Portal:  &v1alpha1.ServiceReference{Name: "portal", Port: 8080},
			Routing: routing,
		},
	}
}

// backend is the Service of the application.
var backend = application.Backend{Service: "blog", Port: 80}

func newTenant(name string) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "blogs", UID: "t"}}
}

// describe lists an Ingress as lines: host, Service and port, then the host and Secret of each certificate.
func describe(ingress *networkingv1.Ingress) (lines []string) {
	for _, rule := range ingress.Spec.Rules {
		service := rule.HTTP.Paths[0].Backend.Service
		lines = append(lines, rule.Host+" -> "+service.Name)
	}
	for _, tls := range ingress.Spec.TLS {
		lines = append(lines, tls.Hosts[0]+" by "+tls.SecretName)
	}
	return lines
}

func TestForTenant(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		routing *v1alpha1.RoutingSpec
		custom  []string
		want    []string
	}{
		"plain": {want: []string{"alice.example.com -> blog"}},
		"custom domains": {
			custom: []string{"a.org", "b.org"},
			want:   []string{"alice.example.com -> blog", "a.org -> blog", "b.org -> blog"},
		},
		"a certificate for each host": {
			routing: &v1alpha1.RoutingSpec{TLS: &v1alpha1.TLSSpec{}}, custom: []string{"a.org"},
			want: []string{"alice.example.com -> blog", "a.org -> blog", "alice.example.com by tenant-alice-tls", "a.org by tenant-alice.d99a5f2dc74e8488-tls"},
		},
		"a wildcard certificate": {
			routing: &v1alpha1.RoutingSpec{TLS: &v1alpha1.TLSSpec{WildcardSecretName: "wild"}}, custom: []string{"a.org"},
			want: []string{"alice.example.com -> blog", "a.org -> blog", "alice.example.com by wild", "a.org by tenant-alice.d99a5f2dc74e8488-tls"},
		},
		"a wildcard route": {
			routing: &v1alpha1.RoutingSpec{Mode: v1alpha1.RouteWildcard}, custom: []string{"a.org"},
			want: []string{"a.org -> blog"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := routing.ForTenant(newPlatform(test.routing), backend, newTenant("alice"), "alice.example.com", test.custom, nil)
			if diff := cmp.Diff(test.want, describe(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	wildcard := newPlatform(&v1alpha1.RoutingSpec{Mode: v1alpha1.RouteWildcard})
	if got := routing.ForTenant(wildcard, backend, newTenant("alice"), "alice.example.com", nil, nil); got != nil {
		t.Errorf("a Tenant without custom domains has an Ingress in the Wildcard mode: %v", describe(got))
	}
}

// A former host is routed, and needs no certificate for its Tenant to be served.
func TestFormerHosts(t *testing.T) {
	t.Parallel()
	former := []string{"alice.example.org", "alice.example.net"}
	p := newPlatform(&v1alpha1.RoutingSpec{TLS: &v1alpha1.TLSSpec{WildcardSecretName: "wild"}})
	p.Spec.Domains = append(p.Spec.Domains, "example.org")
	ingress := routing.ForTenant(p, backend, newTenant("alice"), "alice.example.com", nil, former)
	want := []string{
		"alice.example.com -> blog", "alice.example.org -> blog", "alice.example.net -> blog",
		"alice.example.com by wild", "alice.example.org by tenant-alice.cf290f3ac68ab4e8-tls", "alice.example.net by tenant-alice.fc24852938a514b0-tls",
	}
	if diff := cmp.Diff(want, describe(ingress)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := routing.WithoutCertificates(ingress, former).Spec.TLS; len(left) != 1 || left[0].SecretName != "wild" {
		t.Errorf("the needed certificates are %v", left)
	}
	p.Spec.Routing = &v1alpha1.RoutingSpec{Mode: v1alpha1.RouteWildcard}
	if diff := cmp.Diff([]string{"alice.example.net -> blog"}, describe(routing.ForTenant(p, backend, newTenant("alice"), "alice.example.com", nil, former))); diff != "" {
		t.Errorf("in the Wildcard mode (-want +got):\n%s", diff)
	}
}

// No name of a Tenant or Platform makes an object of it share a Secret with another one.
func TestSecretsAreNotShared(t *testing.T) {
	t.Parallel()
	tls := &v1alpha1.RoutingSpec{TLS: &v1alpha1.TLSSpec{}}
	for _, mode := range []v1alpha1.RoutingMode{"", v1alpha1.RouteWildcard} {
		tls.Mode = mode
		ingress := routing.ForTenant(newPlatform(tls), backend, newTenant("victim"), "victim.example.com", []string{"www.victim.org", "victim.org"}, nil)
		secrets := map[string]bool{}
		for _, entry := range ingress.Spec.TLS {
			if secrets[entry.SecretName] {
				t.Errorf("two hosts share the Secret %s", entry.SecretName)
			}
			secrets[entry.SecretName] = true
			name := strings.TrimSuffix(strings.TrimPrefix(entry.SecretName, "tenant-"), "-tls")
			if name != "victim" && naming.CheckTenant(name) == nil {
				t.Errorf("the Secret %s is also the primary one of a Tenant %s", entry.SecretName, name)
			}
		}
	}
	p := newPlatform(tls)
	p.Spec.Domains = append(p.Spec.Domains, "example.org")
	secrets := map[string]bool{}
	for _, entry := range routing.ForPlatform(p, backend, []string{"example.com", "www.example.com"}, false).Spec.TLS {
		if secrets[entry.SecretName] || !strings.HasPrefix(entry.SecretName, "platform-default.") {
			t.Errorf("the hosts %v have the Secret %s", entry.Hosts, entry.SecretName)
		}
		secrets[entry.SecretName] = true
	}
}

func TestForPlatform(t *testing.T) {
	t.Parallel()
	p := newPlatform(&v1alpha1.RoutingSpec{Mode: v1alpha1.RouteWildcard, TLS: &v1alpha1.TLSSpec{WildcardSecretName: "wild"}, CatchAll: new(true)})
	got := describe(routing.ForPlatform(p, backend, []string{"example.com", "www.example.com", "a.www.example.com"}, false))
	want := []string{
		"example.com -> portal", "www.example.com -> portal", "a.www.example.com -> portal", "*.example.com -> blog", " -> portal",
		"example.com by wild", "www.example.com by wild", "a.www.example.com by platform-default.e35ae9f05cce2ca1-tls", "*.example.com by wild",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p = newPlatform(nil)
	for wildcards, want := range map[bool][]string{false: {"example.com -> portal"}, true: {"example.com -> portal", "*.example.com -> blog"}} {
		ingress := routing.ForPlatform(p, backend, []string{"example.com"}, wildcards)
		if diff := cmp.Diff(want, describe(ingress)); diff != "" || routing.HasWildcards(ingress) != wildcards {
			t.Errorf("PerTenant, wildcards %t (-want +got):\n%s", wildcards, diff)
		}
	}
	p.Spec.Portal = nil
	if diff := cmp.Diff([]string{"example.com -> blog"}, describe(routing.ForPlatform(p, backend, []string{"example.com"}, false))); diff != "" {
		t.Errorf("without a portal (-want +got):\n%s", diff)
	}
}

func TestUpToDate(t *testing.T) {
	t.Parallel()
	want := routing.ForTenant(newPlatform(&v1alpha1.RoutingSpec{Annotations: map[string]string{"a": "b"}}), backend, newTenant("alice"), "alice.example.com", nil, nil)
	class := "other"
	for name, test := range map[string]struct {
		change func(*networkingv1.Ingress)
		want   bool
	}{
		"unchanged":               {func(*networkingv1.Ingress) {}, true},
		"additional annotation":   {func(i *networkingv1.Ingress) { i.Annotations["x"] = "y" }, true},
		"defaulted class":         {func(i *networkingv1.Ingress) { i.Spec.IngressClassName = &class }, true},
		"changed annotation":      {func(i *networkingv1.Ingress) { i.Annotations["a"] = "c" }, false},
		"missing labels":          {func(i *networkingv1.Ingress) { i.Labels = nil }, false},
		"changed host":            {func(i *networkingv1.Ingress) { i.Spec.Rules[0].Host = "x.org" }, false},
		"additional backend":      {func(i *networkingv1.Ingress) { i.Spec.DefaultBackend = &networkingv1.IngressBackend{} }, false},
		"owner reference":         {func(i *networkingv1.Ingress) { i.OwnerReferences = []metav1.OwnerReference{{UID: "t"}} }, false},
		"challenge":               {func(i *networkingv1.Ingress) { addPath(i, 0, "/.well-known/acme-challenge/dG9rZW4_-") }, true},
		"pattern for challenges":  {func(i *networkingv1.Ingress) { addPath(i, 0, "/.well-known/acme-challenge/.*") }, false},
		"path besides challenges": {func(i *networkingv1.Ingress) { addPath(i, 0, "/.well-known/acme-challenges") }, false},
		"challenge of a foreign host": {func(i *networkingv1.Ingress) {
			i.Spec.Rules = append(i.Spec.Rules, *i.Spec.Rules[0].DeepCopy())
			i.Spec.Rules[1].Host, i.Spec.Rules[1].HTTP.Paths = "x.org", nil
			addPath(i, 1, "/.well-known/acme-challenge/token")
		}, false},
		"unwanted annotation": {func(i *networkingv1.Ingress) {
			i.Annotations["x"] = "y"
			manage(i, `{"f:metadata":{"f:annotations":{".":{},"f:a":{},"f:x":{}}}}`)
		}, false},
		"wanted annotation": {func(i *networkingv1.Ingress) { manage(i, `{"f:metadata":{"f:annotations":{".":{},"f:a":{}}}}`) }, true},
		"unwanted class": {func(i *networkingv1.Ingress) {
			i.Spec.IngressClassName = &class
			manage(i, `{"f:spec":{"f:ingressClassName":{}}}`)
		}, false},
	} {
		live := want.DeepCopy()
		test.change(live)
		if got := routing.UpToDate(live, want); got != test.want {
			t.Errorf("%s: up to date %v, want %v", name, got, test.want)
		}
		routing.StripManagedFields(live)
		if got := routing.UpToDate(live, want); got != test.want {
			t.Errorf("%s, in the cache: up to date %v, want %v", name, got, test.want)
		}
	}
}

// The time of the last change is that of the operator's own, also in the cache.
func TestLastWrite(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	entry := func(manager, subresource string, days int) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: subresource, Time: &metav1.Time{Time: created.AddDate(0, 0, days)}}
	}
	for name, test := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    time.Time
	}{
		"created":         {nil, created},
		"changed":         {[]metav1.ManagedFieldsEntry{entry(routing.FieldManager, "", 3), entry(routing.FieldManager, "", 2)}, created.AddDate(0, 0, 3)},
		"status":          {[]metav1.ManagedFieldsEntry{entry(routing.FieldManager, "status", 3)}, created},
		"another manager": {[]metav1.ManagedFieldsEntry{entry("cert-manager", "", 3)}, created},
	} {
		ingress := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(created), ManagedFields: test.entries}}
		for range 2 {
			if got := routing.LastWrite(ingress); !got.Equal(test.want) {
				t.Errorf("%s: it was changed at %v, want %v", name, got, test.want)
			}
			routing.StripManagedFields(ingress)
		}
	}
}

// addPath adds a path to a rule, as cert-manager does.
func addPath(ingress *networkingv1.Ingress, rule int, path string) {
	http := ingress.Spec.Rules[rule].HTTP
	http.Paths = append([]networkingv1.HTTPIngressPath{{Path: path}}, http.Paths...)
}

// manage makes the operator the manager of fields.
func manage(ingress *networkingv1.Ingress, fields string) {
	ingress.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: routing.FieldManager, FieldsV1: metav1.NewFieldsV1(fields)}}
}

func TestKeepChallenges(t *testing.T) {
	t.Parallel()
	want := routing.ForTenant(newPlatform(nil), backend, newTenant("alice"), "alice.example.com", []string{"a.org"}, nil)
	live := want.DeepCopy()
	addPath(live, 1, "/.well-known/acme-challenge/token")
	addPath(live, 1, "/admin")
	var paths []string
	for _, rule := range routing.KeepChallenges(live, want).Spec.Rules {
		for _, path := range rule.HTTP.Paths {
			paths = append(paths, rule.Host+path.Path)
		}
	}
	if diff := cmp.Diff([]string{"alice.example.com/", "a.org/.well-known/acme-challenge/token", "a.org/"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

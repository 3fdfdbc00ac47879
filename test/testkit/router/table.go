package router

import (
	"cmp"
	"net"
	"slices"
	"strings"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Backend is the port of a Service, by number or by name.
type Backend struct {
	Service string
	Port    networkingv1.ServiceBackendPort
}

// Table holds the rules of Ingress objects of one class. It is safe for
// concurrent use.
type Table struct {
	class string

	mu     sync.RWMutex
	byHost map[string][]rule                 // the host of the Ingress rule, "" for rules without one
	hosts  map[types.NamespacedName][]string // the keys in byHost of each Ingress
}

// rule is one path of one host of an Ingress.
type rule struct {
	ingress types.NamespacedName
	created metav1.Time
	path    string
	exact   bool
	backend Backend
}

// NewTable returns an empty table, which ignores Ingresses of other classes.
func NewTable(class string) *Table {
	return &Table{
		class:  class,
		byHost: make(map[string][]rule),
		hosts:  make(map[types.NamespacedName][]string),
	}
}

// Set adds or replaces an Ingress.
func (t *Table) Set(ingress *networkingv1.Ingress) {
	name := types.NamespacedName{Namespace: ingress.Namespace, Name: ingress.Name}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delete(name)
	if ingress.Spec.IngressClassName == nil || *ingress.Spec.IngressClassName != t.class {
		return
	}
	for host, rules := range rulesOf(name, ingress) {
		t.byHost[host] = append(t.byHost[host], rules...)
		slices.SortFunc(t.byHost[host], precedence)
		t.hosts[name] = append(t.hosts[name], host)
	}
}

// Delete removes an Ingress.
func (t *Table) Delete(namespace, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delete(types.NamespacedName{Namespace: namespace, Name: name})
}

func (t *Table) delete(name types.NamespacedName) {
	for _, host := range t.hosts[name] {
		t.byHost[host] = slices.DeleteFunc(t.byHost[host], func(r rule) bool { return r.ingress == name })
		if len(t.byHost[host]) == 0 {
			delete(t.byHost, host)
		}
	}
	delete(t.hosts, name)
}

// Lookup returns the backend of a request. Rules for its host come first, then those
// for a wildcard that matches the host, then those without a host. It ignores port,
// case and a trailing dot of the host.
func (t *Table) Lookup(host, path string) (Backend, bool) {
	host = normalize(host)
	t.mu.RLock()
	defer t.mu.RUnlock()
	rules, found := t.byHost[host]
	if !found {
		// A wildcard matches exactly one label.
		if _, parent, dotted := strings.Cut(host, "."); dotted {
			rules, found = t.byHost["*."+parent]
		}
	}
	if !found {
		rules = t.byHost[""]
	}
	for _, rule := range rules {
		if rule.matches(path) {
			return rule.backend, true
		}
	}
	return Backend{}, false
}

// rulesOf groups the paths of an Ingress by host.
func rulesOf(name types.NamespacedName, ingress *networkingv1.Ingress) map[string][]rule {
	rules := make(map[string][]rule)
	add := func(host, path string, exact bool, backend *networkingv1.IngressServiceBackend) {
		if backend == nil { // a resource other than a Service
			return
		}
		rules[host] = append(rules[host], rule{
			ingress: name,
			created: ingress.CreationTimestamp,
			path:    cmp.Or(path, "/"),
			exact:   exact,
			backend: Backend{Service: backend.Name, Port: backend.Port},
		})
	}
	if ingress.Spec.DefaultBackend != nil {
		add("", "/", false, ingress.Spec.DefaultBackend.Service)
	}
	for _, hostRule := range ingress.Spec.Rules {
		if hostRule.HTTP == nil {
			continue
		}
		for _, path := range hostRule.HTTP.Paths {
			exact := path.PathType != nil && *path.PathType == networkingv1.PathTypeExact
			add(hostRule.Host, path.Path, exact, path.Backend.Service)
		}
	}
	return rules
}

// precedence orders the longest path first, exact paths before prefixes, and older
// Ingresses before newer ones.
func precedence(a, b rule) int {
	exact := func(r rule) int {
		if r.exact {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(len(b.path), len(a.path)),
		cmp.Compare(exact(a), exact(b)),
		a.created.Compare(b.created.Time),
		strings.Compare(a.ingress.String(), b.ingress.String()),
	)
}

// matches compares a prefix element by element: /a matches /a/b, but not /ab.
func (r rule) matches(path string) bool {
	if r.exact {
		return path == r.path
	}
	prefix := strings.TrimSuffix(r.path, "/")
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

func normalize(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

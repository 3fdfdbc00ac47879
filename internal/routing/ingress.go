// Package routing computes the desired Ingresses. It is pure.
package routing

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
)

// FieldManager owns the fields of Ingresses that the operator sets. It is the operator's field manager for all objects.
const FieldManager = "echoblogs-operator"

// Labels of every Ingress that the operator creates. It has no owner references: the garbage collector removes what belongs
// to an object whose foreground deletion has only begun, and a Tenant is served until the operator ends it.
const (
	// LabelManagedBy names the operator.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "echoblogs-operator"
	// LabelPlatform names the Platform.
	LabelPlatform = "tenancy.echoblogs.io/platform"
	// LabelTenant names the Tenant. The Platform's own Ingress does not have it.
	LabelTenant = "tenancy.echoblogs.io/tenant"
)

// The names of Ingresses start with a prefix, so that those of Tenants and Platforms differ.
const (
	tenantPrefix   = "tenant-"
	platformPrefix = "platform-"
)

// TenantIngressName returns the name of a Tenant's Ingress.
func TenantIngressName(tenant string) string { return tenantPrefix + tenant }

// PlatformIngressName returns the name of a Platform's Ingress.
func PlatformIngressName(platform string) string { return platformPrefix + platform }

// TenantOf returns the Tenant whose Ingress has a name, if it is one of a Tenant.
func TenantOf(ingress string) (tenant string, found bool) {
	return strings.CutPrefix(ingress, tenantPrefix)
}

// PlatformOf returns the Platform whose Ingress has a name, if it is one of a Platform.
func PlatformOf(ingress string) (platform string, found bool) {
	return strings.CutPrefix(ingress, platformPrefix)
}

// ForTenant returns the Ingress that routes a Tenant's hosts and former hosts to the backend, or nil if the Platform's wildcard
// suffices.
func ForTenant(p *v1alpha1.Platform, backend application.Backend, t *v1alpha1.Tenant, primary string, custom []string, former []string) *networkingv1.Ingress {
	hosts := append([]string{primary}, custom...)
	if p.RoutingMode() == v1alpha1.RouteWildcard {
		hosts = slices.Clone(custom)
	}
	for _, host := range former {
		if p.RoutingMode() != v1alpha1.RouteWildcard || !hasWildcard(p, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	ingress := newIngress(p, TenantIngressName(t.Name))
	ingress.Labels[LabelTenant] = t.Name
	for _, host := range hosts {
		ingress.Spec.Rules = append(ingress.Spec.Rules, rule(host, backend))
		if host == primary {
			addCertificate(p, ingress, host, true, ingress.Name+"-tls")
		} else {
			addCertificate(p, ingress, host, false, hostSecret(ingress.Name, host))
		}
	}
	return ingress
}

// WithoutCertificates returns an Ingress without the certificates of hosts.
func WithoutCertificates(ingress *networkingv1.Ingress, hosts []string) *networkingv1.Ingress {
	needed := ingress.DeepCopy()
	needed.Spec.TLS = slices.DeleteFunc(needed.Spec.TLS, func(tls networkingv1.IngressTLS) bool { return slices.Contains(hosts, tls.Hosts[0]) })
	return needed
}

// hasWildcard reports whether a wildcard for one of the Platform's domains covers a host.
func hasWildcard(p *v1alpha1.Platform, host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.Contains(p.Spec.Domains, v1alpha1.ParentDomain(parent))
}

// HasWildcards reports whether an Ingress of a Platform routes the hosts of its Tenants. Of nil it is false.
func HasWildcards(ingress *networkingv1.Ingress) bool {
	return ingress != nil && slices.ContainsFunc(ingress.Spec.Rules, func(rule networkingv1.IngressRule) bool { return strings.HasPrefix(rule.Host, "*.") })
}

// HasHosts reports whether an Ingress names all of some hosts.
func HasHosts(ingress *networkingv1.Ingress, hosts []string) bool {
	for _, host := range hosts {
		if !slices.ContainsFunc(ingress.Spec.Rules, func(rule networkingv1.IngressRule) bool { return rule.Host == host }) {
			return false
		}
	}
	return true
}

// Routed is the message of RouteReady of a Tenant whose own Ingress routes to it.
func Routed(ingress string) string { return "Ingress " + ingress + " routes to the backend." }

// ForPlatform returns the Platform's own Ingress: the hosts of the public site, wildcards if they are wanted or the mode is
// Wildcard, and a rule without a host, if the Platform asks for it, which routes unowned hosts to the public site.
func ForPlatform(p *v1alpha1.Platform, backend application.Backend, publicHosts []string, wildcards bool) *networkingv1.Ingress {
	site := backend
	if p.Spec.Portal != nil {
		site = application.Backend{Service: p.Spec.Portal.Name, Port: p.Spec.Portal.PortOrDefault()}
	}
	ingress := newIngress(p, PlatformIngressName(p.Name))
	for _, host := range publicHosts {
		ingress.Spec.Rules = append(ingress.Spec.Rules, rule(host, site))
		isDomain := slices.Contains(p.Spec.Domains, v1alpha1.ParentDomain(host))
		addCertificate(p, ingress, host, isDomain || hasWildcard(p, host), hostSecret(ingress.Name, host))
	}
	if wildcards || p.RoutingMode() == v1alpha1.RouteWildcard {
		for _, domain := range p.Spec.Domains {
			host := "*." + string(domain)
			ingress.Spec.Rules = append(ingress.Spec.Rules, rule(host, backend))
			addCertificate(p, ingress, host, true, hostSecret(ingress.Name, host))
		}
	}
	if p.CatchesAll() {
		ingress.Spec.Rules = append(ingress.Spec.Rules, rule("", site))
	}
	return ingress
}

func newIngress(p *v1alpha1.Platform, name string) *networkingv1.Ingress {
	ingress := &networkingv1.Ingress{
		TypeMeta: metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "Ingress"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: p.Namespace,
			Labels: map[string]string{
				"app.kubernetes.io/name": "echoblogs", "app.kubernetes.io/part-of": "echoblogs", "app.kubernetes.io/component": "route",
				LabelManagedBy: ManagedBy, LabelPlatform: p.Name,
			},
		},
	}
	if routing := p.Spec.Routing; routing != nil {
		ingress.Annotations = maps.Clone(routing.Annotations)
		if routing.IngressClassName != "" {
			ingress.Spec.IngressClassName = &routing.IngressClassName
		}
	}
	return ingress
}

func rule(host string, backend application.Backend) networkingv1.IngressRule {
	prefix := networkingv1.PathTypePrefix
	return networkingv1.IngressRule{
		Host: host,
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
			Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix,
				Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: backend.Service, Port: networkingv1.ServiceBackendPort{Number: backend.Port},
				}},
			}},
		}},
	}
}

// addCertificate adds the Secret with the certificate for a host, if the Platform uses TLS. shared reports whether the
// Platform's wildcard certificate may cover the host, and own is the name of the Secret if it does not.
func addCertificate(p *v1alpha1.Platform, ingress *networkingv1.Ingress, host string, shared bool, own string) {
	if p.Spec.Routing == nil || p.Spec.Routing.TLS == nil {
		return
	}
	if wildcard := p.Spec.Routing.TLS.WildcardSecretName; shared && wildcard != "" {
		own = wildcard
	}
	ingress.Spec.TLS = append(ingress.Spec.TLS, networkingv1.IngressTLS{Hosts: []string{host}, SecretName: own})
}

// hostSecret returns the name of the Secret for one host of an Ingress. Every such host has its own, so that a domain whose
// DNS is wrong does not delay the certificates of others. The dot keeps the name apart from those of all Tenants and
// Platforms, whose names have none.
func hostSecret(ingress, host string) string {
	sum := sha256.Sum256([]byte(host))
	return ingress + "." + hex.EncodeToString(sum[:8]) + "-tls"
}

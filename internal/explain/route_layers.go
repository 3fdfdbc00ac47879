package explain

import (
	"fmt"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// routeLayer is the Ingress and its certificates. If the caller may not read them, it is what the condition says.
func (f *facts) routeLayer() Layer {
	const name = "Route"
	l := f.layer(name, f.tenant, v1alpha1.ConditionRouteReady, "The operator has not created the route yet.")
	switch {
	case !f.route.read:
		return l
	case f.route.err != nil && l.State != Wrong:
		return unread(name, "The Ingress, or a Secret with its certificate, could not be read.", f.route.err)
	case f.route.err != nil:
		return l
	case f.route.live == nil && l.State == OK:
		l.State, l.Cause = Wrong, diagnosis.ProblemNoIngress+" Its name is "+f.route.want.Name+"."
		f.checkOperator(&l)
		return l
	case f.route.live == nil:
		return l
	case l.State == OK && f.routeDiffers():
		l.State, l.Cause = Wrong, diagnosis.ProblemIngressDiffers
		f.checkOperator(&l)
	case l.State == OK && len(f.route.missing) > 0:
		f.fail(&l, v1alpha1.ReasonCertificatePending, fmt.Sprintf("There is no Secret %s with the certificate.", strings.Join(f.route.missing, ", ")))
		l.State = Waiting
	}
	l.Cause += " " + describeIngress(f.route.live)
	l.Changes = append(l.Changes, lastChange(f.route.live, "Ingress", "spec")...)
	return l
}

// routeDiffers reports whether the Ingress differs from the desired state. That of the Platform is a matter of the Platform, except
// for its wildcards.
func (f *facts) routeDiffers() bool {
	if f.route.want.Name == routing.PlatformIngressName(f.platform.Name) {
		return !routing.HasWildcards(f.route.live)
	}
	if !f.liveRow() { // former hosts are not known
		return false
	}
	want := routing.ForTenant(f.platform, backendOf(f.platform), f.tenant, f.row.PrimaryHost, f.row.CustomHosts, f.row.FormerHosts())
	return want != nil && !routing.UpToDate(f.route.live, want)
}

// describeIngress lists the class, the hosts and the Secrets of an Ingress.
func describeIngress(ingress *networkingv1.Ingress) string {
	class := "the cluster's default class"
	if ingress.Spec.IngressClassName != nil {
		class = "the class " + *ingress.Spec.IngressClassName
	}
	var hosts, secrets []string
	for _, rule := range ingress.Spec.Rules {
		if rule.Host != "" {
			hosts = append(hosts, rule.Host)
		}
	}
	for _, tls := range ingress.Spec.TLS {
		secrets = append(secrets, tls.SecretName)
	}
	text := fmt.Sprintf("Ingress %s has %s and the hosts %s", ingress.Name, class, strings.Join(hosts, ", "))
	if len(secrets) > 0 {
		text += ", with the certificates in " + strings.Join(secrets, ", ")
	}
	return text + "."
}

// backendLayer says whether the Platform's backend answers.
func (f *facts) backendLayer() Layer {
	const name = "Backend"
	if f.platform == nil {
		return Layer{Name: name, State: Waiting, Cause: "Without a Platform, there is no backend."}
	}
	l := f.layer(name, f.platform, v1alpha1.ConditionBackendReady, "The operator has not checked the backend yet.")
	if serving := f.layer("", f.tenant, v1alpha1.ConditionServing, ""); l.State == Waiting && serving.State == OK {
		l.State, l.Cause = OK, "The backend answers for this Tenant."
	}
	return l
}

// servingLayer says whether the backend serves the Tenant under its hosts.
func (f *facts) servingLayer() Layer {
	return f.layer("Serving", f.tenant, v1alpha1.ConditionServing, "The operator has not requested the home page yet.")
}

// activeLayer says whether the Tenant is suspended, and what its limits are.
func (f *facts) activeLayer() Layer {
	l := f.layer("Active", f.tenant, v1alpha1.ConditionActive, "The operator has not computed it yet.")
	if f.tenant.SuspendedBySpec() {
		l.Changes = append(l.Changes, lastChange(f.tenant, "spec.suspended", "spec", "suspended")...)
		f.audited(&l, "suspend", "resume")
		if reason := f.tenant.Spec.SuspensionReason; reason != "" {
			l.Cause += " The reason is: " + strings.TrimSuffix(reason, ".") + "."
		}
	} else {
		l.Changes = append(l.Changes, lastChange(f.tenant, "spec.paidUntil", "spec", "paidUntil")...)
	}
	if l.State == OK && f.platform != nil {
		l.Cause += " " + describeLimits(f.platform.LimitsOf(f.tenant))
	}
	return l
}

func describeLimits(limits v1alpha1.Limits) string {
	var bounds []string
	if limits.Posts != nil {
		bounds = append(bounds, strconv.FormatInt(*limits.Posts, 10)+" posts")
	}
	if limits.Storage != nil {
		bounds = append(bounds, limits.Storage.String()+" of storage")
	}
	if limits.RequestsPerSecond != nil {
		bounds = append(bounds, strconv.FormatInt(int64(*limits.RequestsPerSecond), 10)+" requests per second")
	}
	if len(bounds) == 0 {
		return "It has no limits."
	}
	return "Its limits are " + strings.Join(bounds, ", ") + "."
}

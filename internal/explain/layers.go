package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// operatorDelay is how long the operator may take to see a change.
const operatorDelay = time.Minute

// explain explains what was read.
func (f *facts) explain() Explanation {
	e := Explanation{Name: f.name, Namespace: f.namespace, Audit: f.audit, AuditErr: f.auditErr}
	if f.tenant == nil {
		e.Layers = []Layer{f.noTenant(), f.namespaceLayer(), f.platformLayer(), f.registryLayer(), f.tombstonesLayer()}
		held := f.row != nil && f.row.State != tenancy.StateReleased
		e.Missing = !held && len(f.tombstones) == 0 && f.platformErr == nil && f.registryErr == nil
		return e
	}
	e.url = f.tenant.Status.URL
	e.Layers = []Layer{
		f.tenantLayer(), f.namespaceLayer(), f.platformLayer(), f.deletionLayer(), f.registryLayer(), f.schemaLayer(), f.hostsLayer(),
		f.tombstonesLayer(), f.routeLayer(), f.backendLayer(), f.servingLayer(), f.activeLayer(),
	}
	return e
}

// noTenant is the first layer if there is no Tenant.
func (f *facts) noTenant() Layer {
	l := Layer{Name: "Tenant", State: Wrong, Cause: fmt.Sprintf("There is no Tenant %q in the namespace %q.", f.name, f.namespace)}
	f.audited(&l, "delete", "approve deletion")
	return l
}

// tenantLayer is the object: what it asks for, and whether the operator has seen it.
func (f *facts) tenantLayer() Layer {
	t := f.tenant
	l := Layer{Name: "Tenant", State: OK, Cause: describeTenant(t), Changes: lastChange(t, "spec", "spec")}
	f.audited(&l, "edit", "suspend", "resume", "restore")
	ready := meta.FindStatusCondition(t.Status.Conditions, v1alpha1.ConditionReady)
	switch seen, since := t.Status.ObservedGeneration >= t.Generation, f.lastGeneration(); {
	case !seen && !f.isServed(): // the next layer says why
		l.State, l.Cause = Waiting, "The operator has not seen the Tenant."
	case !seen && f.now.Sub(since) > operatorDelay:
		l.State, l.Cause = Wrong, fmt.Sprintf("The operator has not seen the last change, which was made at %s.", since.UTC().Format(time.RFC3339))
		f.checkOperator(&l)
	case !seen:
		l.State, l.Cause = Waiting, "The operator has not seen the last change yet."
	case ready != nil && ready.Status == metav1.ConditionFalse && !f.isAttributed(ready):
		own := f.layer(l.Name, t, v1alpha1.ConditionReady, "")
		own.Changes = append(l.Changes, own.Changes...)
		return own
	}
	return l
}

// isAttributed reports whether another layer shows the reason why a Tenant is not Ready.
func (f *facts) isAttributed(ready *metav1.Condition) bool {
	if !f.tenant.DeletionTimestamp.IsZero() {
		return true
	}
	return slices.ContainsFunc(f.tenant.Status.Conditions, func(c metav1.Condition) bool {
		return c.Reason == ready.Reason && slices.Contains([]string{
			v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionDomainsReady, v1alpha1.ConditionRouteReady, v1alpha1.ConditionServing,
		}, c.Type)
	})
}

// lastGeneration returns when the spec was changed or, if that was later, when the Tenant was deleted.
func (f *facts) lastGeneration() time.Time {
	last := f.tenant.CreationTimestamp.Time
	if changes := lastChange(f.tenant, "spec", "spec"); len(changes) > 0 {
		last = changes[0].At
	}
	if deleted := f.tenant.DeletionTimestamp; deleted != nil && deleted.After(last) {
		return deleted.Time
	}
	return last
}

// describeTenant says what phase a Tenant is in and what its spec asks for.
func describeTenant(t *v1alpha1.Tenant) string {
	phase := t.Status.Phase
	if phase == "" {
		phase = v1alpha1.TenantPending
	}
	text := fmt.Sprintf("Its phase is %s", phase)
	if t.Status.PaidUntil != "" {
		text += fmt.Sprintf(", and it is paid until %s", t.Status.PaidUntil)
	}
	text += "."
	if t.SuspendedBySpec() {
		text += " Its spec suspends it"
		if t.Spec.SuspensionReason != "" {
			text += ": " + strings.TrimSuffix(t.Spec.SuspensionReason, ".")
		}
		text += "."
	}
	return text
}

// isServed reports whether an operator serves the namespace: it is labeled, or an operator has seen an object in it.
func (f *facts) isServed() bool {
	if f.namespaceErr != nil || f.served == nil {
		return true // nothing is known
	}
	_, labeled := f.served.Labels[v1alpha1.LabelServed]
	return labeled || f.isObserved()
}

// isObserved reports whether an operator has seen the Tenant or its Platform.
func (f *facts) isObserved() bool {
	return f.tenant != nil && len(f.tenant.Status.Conditions) > 0 || f.platform != nil && len(f.platform.Status.Conditions) > 0
}

// namespaceLayer says whether an operator serves the namespace.
func (f *facts) namespaceLayer() Layer {
	l := Layer{Name: "Namespace", State: OK, Cause: fmt.Sprintf("An operator serves the namespace %q.", f.namespace)}
	if f.namespaceErr != nil {
		return unread(l.Name, "The namespace could not be read.", f.namespaceErr)
	}
	if f.served == nil {
		l.State, l.Cause = Wrong, fmt.Sprintf("There is no namespace %q.", f.namespace)
		return l
	}
	_, labeled := f.served.Labels[v1alpha1.LabelServed]
	switch {
	case labeled:
		l.Changes = lastChange(f.served, "label "+v1alpha1.LabelServed, "metadata", "labels", v1alpha1.LabelServed)
	case f.isObserved():
		l.Cause = fmt.Sprintf("The namespace %q has no label %s, but an operator has reconciled objects in it. It may have been uninstalled since then.", f.namespace, v1alpha1.LabelServed)
	default:
		l.State = Wrong
		l.Cause = fmt.Sprintf("No operator serves the namespace %q: it has no label %s, so that nothing will happen.", f.namespace, v1alpha1.LabelServed)
		l.Next = "Create the Tenant in the namespace of an installation, which this command lists, or install the operator here."
		l.Command = "kubectl get namespaces --selector=" + v1alpha1.LabelServed
	}
	return l
}

// platformLayer says whether the Platform is ready. Its backend is a layer of its own.
func (f *facts) platformLayer() Layer {
	const name = "Platform"
	if f.platformErr != nil {
		return unread(name, "The Platform could not be read.", f.platformErr)
	}
	if f.platform == nil {
		l := Layer{Name: name}
		f.fail(&l, v1alpha1.ReasonPlatformNotFound, fmt.Sprintf("The Platform %q does not exist in the namespace %q.", f.platformName, f.namespace))
		return l
	}
	ready := meta.FindStatusCondition(f.platform.Status.Conditions, v1alpha1.ConditionReady)
	backend := meta.FindStatusCondition(f.platform.Status.Conditions, v1alpha1.ConditionBackendReady)
	kind := v1alpha1.ConditionReady
	if ready != nil && backend != nil && ready.Status == metav1.ConditionFalse && ready.Reason == backend.Reason {
		kind = v1alpha1.ConditionDatabaseReady
	}
	l := f.layer(name, f.platform, kind, "The operator has not seen the Platform yet.")
	l.Changes = append(l.Changes, lastChange(f.platform, "spec", "spec")...)
	return l
}

// deletionLayer says whether the Tenant is being deleted, and whether that is held.
func (f *facts) deletionLayer() Layer {
	t := f.tenant
	l := Layer{Name: "Deletion", State: OK, Cause: "The Tenant is not being deleted."}
	if !t.DeletionTimestamp.IsZero() {
		l = f.layer(l.Name, t, v1alpha1.ConditionReady, "The operator has not seen it yet.")
		if l.State == OK { // of the time before
			l = Layer{Name: l.Name, State: Waiting, Cause: "The operator has not seen it yet."}
		}
		l.Cause = fmt.Sprintf("The Tenant was deleted at %s. ", t.DeletionTimestamp.UTC().Format(time.RFC3339)) + l.Cause
	}
	if decision, found := t.Annotations[v1alpha1.AnnotationDeletion]; found {
		l.Cause += fmt.Sprintf(" Its annotation %s is %q.", v1alpha1.AnnotationDeletion, decision)
		l.Changes = append(l.Changes, lastChange(t, "annotation", "metadata", "annotations", v1alpha1.AnnotationDeletion)...)
	}
	f.audited(&l, "delete", "approve deletion", "cancel deletion")
	return l
}

// unread returns a layer that could not be read.
func unread(name, cause string, err error) Layer {
	return Layer{Name: name, State: Unknown, Cause: cause, Err: err}
}

// backendOf returns the Service of a Platform's backend.
func backendOf(p *v1alpha1.Platform) application.Backend {
	return desired.Application(application.Application{}, p).Backend
}

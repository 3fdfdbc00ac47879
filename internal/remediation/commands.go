package remediation

import (
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Subject is what a command is about.
type Subject struct {
	// Namespace, Tenant and Platform are the names of the objects, and Backend that of the Platform's Service.
	Namespace, Tenant, Platform, Backend string
}

const (
	describeTenant   = "kubectl -n NAMESPACE describe tenant TENANT"
	describePlatform = "kubectl -n NAMESPACE describe platform PLATFORM"
	describeIngress  = "kubectl -n NAMESPACE describe ingress tenant-TENANT"
	editTenant       = "kubectl -n NAMESPACE edit tenant TENANT"
	operatorLog      = "kubectl -n NAMESPACE logs --selector=app.kubernetes.io/name=echoblogs-operator --prefix --tail=50"
	backendPods      = "kubectl -n NAMESPACE get endpointslices --selector=kubernetes.io/service-name=BACKEND"
)

// OperatorPods is the command that shows whether the operator runs.
const OperatorPods = "kubectl -n NAMESPACE get pods --selector=app.kubernetes.io/name=echoblogs-operator"

// commands are the commands to run next, by reason. One that changes something is what the remedy says.
var commands = map[string]string{
	v1alpha1.ReasonPlatformNotFound:      "kubectl -n NAMESPACE get platforms",
	v1alpha1.ReasonPlatformNotReady:      describePlatform,
	v1alpha1.ReasonDatabaseUnavailable:   describePlatform,
	v1alpha1.ReasonDatabaseSecretInvalid: describePlatform,
	v1alpha1.ReasonDatabaseInUse:         describePlatform,
	v1alpha1.ReasonRolesMissing:          describePlatform,
	v1alpha1.ReasonRolePrefixMismatch:    describePlatform,
	v1alpha1.ReasonOrphanExists:          "kubectl echoblogs -n NAMESPACE orphans recreate TENANT",
	v1alpha1.ReasonMigrationFailed:       operatorLog,
	v1alpha1.ReasonMigrationEdited:       operatorLog,
	v1alpha1.ReasonSchemaNewer:           "kubectl -n NAMESPACE get deployments --output=wide",
	v1alpha1.ReasonCustomDomainTaken:     editTenant,
	v1alpha1.ReasonCustomDomainRefused:   editTenant,
	v1alpha1.ReasonCustomDomainNotListed: editTenant,
	v1alpha1.ReasonDomainNotListed:       editTenant,
	v1alpha1.ReasonGrace:                 editTenant,
	v1alpha1.ReasonPaymentDue:            editTenant,
	v1alpha1.ReasonRoutePending:          describeIngress,
	v1alpha1.ReasonCertificatePending:    describeIngress,
	v1alpha1.ReasonCertificateInvalid:    describeIngress,
	v1alpha1.ReasonIngressNotOwned:       describeIngress,
	v1alpha1.ReasonProbeFailed:           backendPods,
	v1alpha1.ReasonBackendUnavailable:    backendPods,
	v1alpha1.ReasonSuspended:             `kubectl -n NAMESPACE patch tenant TENANT --type=merge --patch='{"spec":{"suspended":false}}'`,
	v1alpha1.ReasonDeletionHeld:          "kubectl echoblogs -n NAMESPACE deletions",
}

// Command returns the command to run next about a reason. It describes the Tenant if there is none that is closer.
func Command(reason string, s Subject) string {
	command, found := commands[reason]
	if !found {
		command = describeTenant
	}
	return s.Fill(command)
}

// Fill puts the names of a subject into a command, in place of NAMESPACE, TENANT, PLATFORM and BACKEND.
func (s Subject) Fill(command string) string {
	return strings.NewReplacer("NAMESPACE", s.Namespace, "TENANT", s.Tenant, "PLATFORM", s.Platform, "BACKEND", s.Backend).Replace(command)
}

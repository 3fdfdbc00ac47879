package portal

import "github.com/echoblogs/echoblogs/api/v1alpha1"

// phaseWords explain the phases.
var phaseWords = map[v1alpha1.TenantPhase]string{
	v1alpha1.TenantPending:      "waiting to be created",
	v1alpha1.TenantProvisioning: "being created",
	v1alpha1.TenantActive:       "served and paid for",
	v1alpha1.TenantGrace:        "payment is due; readers can read, the owner cannot write",
	v1alpha1.TenantSuspended:    "hidden from readers; no data is lost",
	v1alpha1.TenantTerminating:  "being deleted",
	v1alpha1.TenantFailed:       "cannot continue until its manifest or the platform is changed",
}

// conditionWords are the names of the conditions on the page, in the order in which they are shown.
var conditionWords = []struct{ kind, words string }{
	{v1alpha1.ConditionReady, "Ready"},
	{v1alpha1.ConditionReconciling, "Reconciling"},
	{v1alpha1.ConditionStalled, "Stalled"},
	{v1alpha1.ConditionDatabaseReady, "Database ready"},
	{v1alpha1.ConditionDomainsReady, "Host names ready"},
	{v1alpha1.ConditionRouteReady, "Route ready"},
	{v1alpha1.ConditionServing, "Blog responds"},
	{v1alpha1.ConditionActive, "Open to readers"},
}

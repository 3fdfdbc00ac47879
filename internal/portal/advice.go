package portal

import "github.com/echoblogs/echoblogs/api/v1alpha1"

// phaseWords say what a phase means.
var phaseWords = map[v1alpha1.TenantPhase]string{
	v1alpha1.TenantPending:      "waits for something that comes by itself",
	v1alpha1.TenantProvisioning: "is being made",
	v1alpha1.TenantActive:       "is served and paid for",
	v1alpha1.TenantGrace:        "payment is due; readers can read, the owner cannot write",
	v1alpha1.TenantSuspended:    "is not shown to readers; nothing is lost",
	v1alpha1.TenantTerminating:  "is being deleted",
	v1alpha1.TenantFailed:       "somebody has to change something",
}

// conditionWords name conditions for people, in the order in which they are shown.
var conditionWords = []struct{ kind, words string }{
	{v1alpha1.ConditionReady, "All is as asked for"},
	{v1alpha1.ConditionReconciling, "Work goes on"},
	{v1alpha1.ConditionStalled, "Somebody has to act"},
	{v1alpha1.ConditionDatabaseReady, "The database is ready"},
	{v1alpha1.ConditionDomainsReady, "The host names are its own"},
	{v1alpha1.ConditionRouteReady, "The route is there"},
	{v1alpha1.ConditionServing, "The blog answers"},
	{v1alpha1.ConditionActive, "Readers can read"},
}

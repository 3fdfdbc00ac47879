package tenant

import (
	"fmt"
	"slices"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// checkOwnRow refuses a live row that another Tenant of the same name has left behind, as after the restoration of an older
// database: this one would serve its data. A Tenant with the same owner, schema and host takes it over, such as one that a
// pipeline has created again.
//
// Stalls the Tenant with OrphanExists, and sets DatabaseReady.
func (s *scope) checkOwnRow(row tenancy.Tenant) error {
	if isOwnRow(s.tenant, row) || s.tenant.Annotations[v1alpha1.AnnotationAdoptOrphan] == row.UID ||
		slices.Contains(s.platform.Spec.Database.AdoptableSchemas, row.SchemaName) {
		return nil
	}
	host, err := desired.PrimaryHost(s.platform, s.tenant)
	if err == nil && row.Owner != "" && row.Owner == s.tenant.OwnerName() && row.PrimaryHost == host && row.SchemaName == desired.SchemaName(s.tenant) {
		return nil
	}
	owner := "no owner"
	if row.Owner != "" {
		owner = fmt.Sprintf("the owner %q", row.Owner)
	}
	return step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonOrphanExists,
		fmt.Sprintf("The registry has a live row of this name, with the schema %q and %s, of another Tenant with the UID %s.", row.SchemaName, owner, row.UID))
}

// isOwnRow reports whether a row is that of a Tenant, and not of an earlier one of the same name.
func isOwnRow(t *v1alpha1.Tenant, row tenancy.Tenant) bool {
	return row.UID == "" || row.UID == string(t.UID)
}

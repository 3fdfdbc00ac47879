package diagnosis

import (
	"fmt"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	problemRowDiffers    = "The Tenant's registry row differs from its spec."
	problemObjectDiffers = "The registry keeps another version of the Tenant's object than the API server has."
)

// DescribeLeftBehind returns a sentence about a live row for which LeftBehind is true.
func DescribeLeftBehind(row tenancy.Tenant) string {
	return fmt.Sprintf("The live row of this name belongs to another Tenant, with the UID %s.", row.UID)
}

// DescribeMissingSchema returns a sentence about a live row whose schema does not exist.
func DescribeMissingSchema(row tenancy.Tenant) string {
	return fmt.Sprintf("The Tenant's schema %q is missing.", row.SchemaName)
}

// DescribeOldSchema returns a sentence about a live row whose schema is not at the newest version.
func DescribeOldSchema(row tenancy.Tenant, newest string) string {
	return fmt.Sprintf("The Tenant's schema is at version %s instead of %s.", row.SchemaVersion, newest)
}

// DescribeDrift returns how the live row of a Tenant differs from its object, or "". A Tenant that is invalid by itself
// keeps the row that it has.
func DescribeDrift(p *v1alpha1.Platform, t *v1alpha1.Tenant, row tenancy.Tenant) string {
	want, _, err := desired.Row(p, t, row.Spec)
	switch {
	case err == nil && !want.Equal(row.Spec):
		return problemRowDiffers
	case t.DeletionTimestamp.IsZero() && !desired.IsKept(t, row):
		return problemObjectDiffers
	}
	return ""
}

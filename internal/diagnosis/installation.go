package diagnosis

import (
	"fmt"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// DescribeInUse returns a sentence that says which Platform a database serves.
func DescribeInUse(e *tenancy.InUseError) string {
	if e.SameNamespace {
		return fmt.Sprintf("The database serves the Platform %q in the namespace %q.", e.Name, e.Namespace)
	}
	return fmt.Sprintf("The database serves the Platform %q in a namespace %q with the UID %s: in another cluster, or before this namespace was created.",
		e.Name, e.Namespace, e.NamespaceUID)
}

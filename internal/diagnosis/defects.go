package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// maxDefects bounds the defects that one message describes.
const maxDefects = 5

// reasons are the reasons of defects, the one that must be mended first first: nothing can be granted to a role that does
// not exist, or on what belongs to another role.
var reasons = []struct {
	kind   tenancy.DefectKind
	reason string
}{
	{tenancy.DefectRole, v1alpha1.ReasonRolesMissing},
	{tenancy.DefectOwner, v1alpha1.ReasonSchemaNotOwned},
	{tenancy.DefectTable, v1alpha1.ReasonTableMissing},
	{tenancy.DefectPrivilege, v1alpha1.ReasonPrivilegesMissing},
	{tenancy.DefectExcess, v1alpha1.ReasonPrivilegesUnexpected},
}

// BootstrapCommand returns the command whose output creates the database roles of a Platform.
func BootstrapCommand(p *v1alpha1.Platform) string {
	return "operator bootstrap-sql --role-prefix=" + p.RolePrefix()
}

// DescribeDefects returns the reason of a condition for defects in a Platform's database, and a sentence for each, with the
// statement that mends it.
func DescribeDefects(p *v1alpha1.Platform, defects []tenancy.Defect) (reason, problem string) {
	var sentences []string
	defects = tenancy.MergePrivileges(defects)
	for _, r := range reasons {
		for _, d := range defects {
			if d.Kind != r.kind {
				continue
			}
			if reason == "" {
				reason = r.reason
			}
			if sentence := describe(p, d); !slices.Contains(sentences, sentence) {
				sentences = append(sentences, sentence)
			}
		}
	}
	if more := len(sentences) - maxDefects; more > 0 {
		sentences = append(sentences[:maxDefects], fmt.Sprintf("Defects that are not listed: %d.", more))
	}
	return reason, strings.Join(sentences, " ")
}

func describe(p *v1alpha1.Platform, d tenancy.Defect) string {
	object := fmt.Sprintf("schema %q", d.Schema)
	switch {
	case d.Table != "":
		object = fmt.Sprintf("table %q of the schema %q", d.Table, d.Schema)
	case d.Schema == "":
		object = fmt.Sprintf("database %q", d.Database)
	}
	switch d.Kind {
	case tenancy.DefectRole:
		return fmt.Sprintf("The database role %q does not exist. Command: %s", d.Role, BootstrapCommand(p))
	case tenancy.DefectOwner:
		return fmt.Sprintf("The %s belongs to the role %q instead of %q. Run: %s", object, d.Owner, d.Role, d.Statement())
	case tenancy.DefectPrivilege:
		return fmt.Sprintf("The role %q lacks %s on the %s. Run: %s", d.Role, d.Privilege, object, d.Statement())
	case tenancy.DefectExcess:
		return fmt.Sprintf("%s %s on the %s, which EchoBlogs has not granted. Run: %s", holder(d.Role), d.Privilege, object, d.Statement())
	}
	sentence := fmt.Sprintf("The %s is missing.", object)
	if statement := d.Statement(); statement != "" {
		sentence += fmt.Sprintf(" If it was renamed to %q, run: %s", d.Surplus[0], statement)
	}
	return sentence
}

// holder is the start of a sentence about what a role has.
func holder(role string) string {
	if role == "" {
		return "Every role has"
	}
	return fmt.Sprintf("The role %q has", role)
}

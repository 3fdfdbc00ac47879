// Package diagnosis compares the Tenants of a Platform with what exists for them: registry rows, schemas and Ingresses.
package diagnosis

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application"
	"github.com/echoblogs/echoblogs/internal/desired"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const (
	// maxSchemas bounds the schemas that one diagnosis lists.
	maxSchemas = 1000
	// pageSize is how many rows one query reads.
	pageSize = 1000
	// readTimeout bounds the reading of all rows.
	readTimeout = time.Minute
)

// Kinds of what a Finding is about.
const (
	KindTenant  = "Tenant"
	KindRow     = "Row"
	KindSchema  = "Schema"
	KindIngress = "Ingress"
	KindRole    = "Role"
)

// ProblemHeld is the problem of a Tenant whose deletion is held. Nothing has to be repaired.
const ProblemHeld = "The deletion of the Tenant is held. To decide about it, run: kubectl echoblogs deletions."

// Problems of one Tenant, which a diagnosis of all Tenants and the explanation of one state in the same words.
const (
	// ProblemOrphan is the problem of a live row without a Tenant. OrphanRemedy says what to do.
	ProblemOrphan = "There is no Tenant for this row."
	// ProblemNoRow is the problem of a Tenant without a live row.
	ProblemNoRow = "The registry has no live row for the Tenant."
	// ProblemNoIngress is the problem of a Tenant or a Platform without its Ingress.
	ProblemNoIngress = "The Ingress is missing."
	// ProblemIngressDiffers is the problem of an Ingress that is not up to date.
	ProblemIngressDiffers = "The Ingress differs from the desired state."
)

// OrphanRemedy says what to do about a live row without a Tenant.
func OrphanRemedy(name string) string {
	return "To create it again, run: kubectl echoblogs orphans recreate " + name + ". To make it a tombstone, run: kubectl echoblogs orphans retire " + name + "."
}

// Finding is one difference.
type Finding struct {
	// Kind is the kind of thing that differs: KindTenant, KindRow, KindSchema, KindIngress or KindRole.
	Kind string
	// Name is its name.
	Name string
	// Problem says what is wrong, as a sentence.
	Problem string
}

// Run compares a Platform's Tenants, rows, schemas and Ingresses with each other, in every direction. It changes nothing.
func Run(ctx context.Context, objects client.Reader, registry tenancy.Inspector, platform *v1alpha1.Platform, app application.Application) ([]Finding, error) {
	var all v1alpha1.TenantList
	if err := objects.List(ctx, &all, client.InNamespace(platform.Namespace)); err != nil {
		return nil, fmt.Errorf("list Tenants: %w", err)
	}
	tenants := slices.DeleteFunc(all.Items, func(t v1alpha1.Tenant) bool { return t.PlatformName() != platform.Name })
	rows, err := ReadRows(ctx, registry)
	if err != nil {
		return nil, err
	}
	app = desired.Application(app, platform)
	findings := CompareRows(platform, app, tenants, rows, time.Now())
	schemas, err := findSchemas(ctx, registry, platform)
	if err != nil {
		return nil, err
	}
	ingresses, err := findIngresses(ctx, objects, platform, app.Backend, tenants, rows)
	if err != nil {
		return nil, err
	}
	roles, err := findRoles(ctx, registry, platform)
	if err != nil {
		return nil, err
	}
	findings = slices.Concat(findings, schemas, ingresses, roles)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return findings, nil
}

// CompareRows compares Tenants with the live rows of the registry, in both directions, at the time now.
func CompareRows(platform *v1alpha1.Platform, app application.Application, tenants []v1alpha1.Tenant, rows map[string]tenancy.Tenant, now time.Time) []Finding {
	var findings []Finding
	orphans := maps.Clone(rows)
	for i := range tenants {
		tenant := &tenants[i]
		row, found := rows[tenant.Name]
		if !LeftBehind(tenant, row) {
			delete(orphans, tenant.Name)
		}
		if problem := compareRow(platform, app, tenant, row, found); problem != "" {
			findings = append(findings, Finding{KindTenant, tenant.Name, problem})
		}
	}
	for name, row := range orphans {
		if AwaitsTenant(row, now) {
			continue
		}
		findings = append(findings, Finding{KindRow, name, ProblemOrphan + " " + OrphanRemedy(name)})
	}
	return findings
}

// compareRow returns what is wrong with a Tenant, or "".
func compareRow(platform *v1alpha1.Platform, app application.Application, tenant *v1alpha1.Tenant, row tenancy.Tenant, found bool) string {
	want, refused, err := desired.Row(platform, tenant, row.Spec)
	switch ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionReady); {
	case !found:
		return ProblemNoRow
	case LeftBehind(tenant, row):
		return DescribeLeftBehind(row)
	case !row.SchemaExists:
		return DescribeMissingSchema(row)
	case app.Compare(row.SchemaVersion, app.Latest()) < 0:
		return DescribeOldSchema(row, app.Latest())
	case len(row.Defects) > 0:
		_, problem := DescribeDefects(platform, row.Defects)
		return problem
	case tenant.DeletionTimestamp.IsZero() && !slices.Contains(tenant.Finalizers, v1alpha1.Finalizer):
		return "The Tenant lacks its finalizer, so a deletion would leave its data behind."
	case err != nil || !want.Equal(row.Spec): // a Tenant that is invalid by itself is reconciled, too
		return problemRowDiffers
	case tenant.DeletionTimestamp.IsZero() && !desired.IsKept(tenant, row):
		return problemObjectDiffers
	case ready != nil && ready.Reason == v1alpha1.ReasonDeletionHeld:
		return ProblemHeld
	case ready == nil || ready.Status != metav1.ConditionTrue:
		return "The Tenant is not Ready."
	case !refused.IsZero():
		return "The registry lacks custom domains of the Tenant, or their proofs."
	}
	return ""
}

// findRoles reports what a role may have changed about itself, which Postgres cannot forbid, and what roles may do in the
// database that no program needs.
func findRoles(ctx context.Context, registry tenancy.Inspector, platform *v1alpha1.Platform) ([]Finding, error) {
	settings, err := registry.RoleSettings(ctx)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, s := range settings {
		findings = append(findings, Finding{KindRole, s.Role,
			fmt.Sprintf(`The role has the setting %s. Run ALTER ROLE … RESET for it, and then the output of %q, as an administrator of the database.`, s.Setting, BootstrapCommand(platform))})
	}
	excess, err := registry.ExcessPrivileges(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range tenancy.MergePrivileges(excess) {
		findings = append(findings, Finding{KindRole, cmp.Or(d.Role, "PUBLIC"), describe(platform, d)})
	}
	return findings, nil
}

func findSchemas(ctx context.Context, registry tenancy.Inspector, platform *v1alpha1.Platform) ([]Finding, error) {
	unknown, err := registry.UnknownSchemas(ctx, maxSchemas)
	if err != nil {
		return nil, err
	}
	lost, err := registry.LostTombstones(ctx, maxSchemas)
	if err != nil {
		return nil, err
	}
	foreign, err := registry.ForeignTombstones(ctx, maxSchemas)
	if err != nil {
		return nil, err
	}
	public, err := registry.PublicDefects(ctx)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, defect := range append(foreign, tenancy.MergePrivileges(public)...) {
		kind, name := KindSchema, defect.Schema
		if name == "" {
			kind, name = KindRole, defect.Role
		}
		findings = append(findings, Finding{kind, name, describe(platform, defect)})
	}
	for _, name := range unknown {
		findings = append(findings, Finding{KindSchema, name, "The schema belongs to no tenant."})
	}
	for _, name := range lost {
		findings = append(findings, Finding{KindSchema, name, "The schema of this tombstone is missing."})
	}
	return findings, nil
}

func findIngresses(ctx context.Context, objects client.Reader, platform *v1alpha1.Platform, backend application.Backend, tenants []v1alpha1.Tenant, rows map[string]tenancy.Tenant) ([]Finding, error) {
	var list networkingv1.IngressList
	err := objects.List(ctx, &list, client.InNamespace(platform.Namespace),
		client.MatchingLabels{routing.LabelManagedBy: routing.ManagedBy, routing.LabelPlatform: platform.Name})
	if err != nil {
		return nil, fmt.Errorf("list Ingresses: %w", err)
	}
	live := map[string]*networkingv1.Ingress{}
	for i := range list.Items {
		live[list.Items[i].Name] = &list.Items[i]
	}
	want := []*networkingv1.Ingress{routing.ForPlatform(platform, backend, platform.PublicHostNames(), routing.HasWildcards(live[routing.PlatformIngressName(platform.Name)]))}
	for i := range tenants {
		if row, ok := rows[tenants[i].Name]; ok {
			if ingress := routing.ForTenant(platform, backend, &tenants[i], row.PrimaryHost, row.CustomHosts, row.FormerHosts()); ingress != nil {
				want = append(want, ingress)
			}
		}
	}
	var findings []Finding
	for _, ingress := range want {
		switch have := live[ingress.Name]; {
		case have == nil:
			findings = append(findings, Finding{KindIngress, ingress.Name, ProblemNoIngress})
		case !routing.UpToDate(have, ingress):
			findings = append(findings, Finding{KindIngress, ingress.Name, ProblemIngressDiffers})
		}
		delete(live, ingress.Name)
	}
	for name := range live {
		tenant, found := routing.TenantOf(name)
		exists := slices.ContainsFunc(tenants, func(t v1alpha1.Tenant) bool { return t.Name == tenant })
		if found && (exists || rows[tenant].Name != "") {
			continue // it is kept for the row, or it is the Tenant that lacks one
		}
		findings = append(findings, Finding{KindIngress, name, "The Ingress belongs to no Tenant."})
	}
	return findings, nil
}

// ReadRows reads all live rows in pages, with the defects of their schemas, keyed by the Tenant's name.
func ReadRows(ctx context.Context, registry tenancy.Inspector) (map[string]tenancy.Tenant, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	rows := map[string]tenancy.Tenant{}
	for after := ""; ; {
		page, err := registry.List(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			rows[row.Name] = row
			after = row.Name
		}
		if len(page) < pageSize {
			return rows, nil
		}
	}
}

package staff

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// tenantsPerPage is the number of tenants on a page of the list.
	tenantsPerPage = 50
	// measureTimeout bounds measuring schemas: a migration that has locked tables must not delay the list.
	measureTimeout = 2 * time.Second
)

// addressOf returns the address of the page that a search selects.
func addressOf(s tenants.Search) string {
	query := url.Values{}
	for key, value := range map[string]string{"q": s.Text, "phase": string(s.Phase), "after": s.After} {
		if value != "" {
			query.Set(key, value)
		}
	}
	if len(query) == 0 {
		return "/staff/"
	}
	return "/staff/?" + query.Encode()
}

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

// tenantsPage is one page of the list.
type tenantsPage struct {
	Search tenants.Search
	// Phases link to the tenants in each phase.
	Phases []phaseCount
	// Held says how many deletions wait for a decision. Empty: none does.
	Held string
	Rows []tenantRow
	// First and Next are the addresses of the first and the next page. Empty: this is the first, the last page.
	First, Next string
}

type phaseCount struct {
	Phase   v1alpha1.TenantPhase
	Address string
	Count   int32
	Current bool
}

type tenantRow struct {
	Name, Title, Owner string
	Phase              v1alpha1.TenantPhase
	// Words explain the phase, or what is wrong.
	Words     string
	PaidUntil v1alpha1.Date
	OnTrial   bool
	Version   string
	// Size is empty if it is unknown.
	Size string
}

func (p *Pages) showTenants(w http.ResponseWriter, r *site.Request) error {
	query := r.URL.Query()
	search := tenants.Search{Text: searchText(r), Phase: v1alpha1.TenantPhase(query.Get("phase")), After: query.Get("after")}
	found, err := p.Tenants.Search(r.Context(), search, tenantsPerPage)
	if err != nil {
		return err
	}
	shown := tenantsPage{Search: search, Phases: countPhases(r.Platform, search)}
	if held := meta.FindStatusCondition(r.Platform.Status.Conditions, v1alpha1.ConditionDeletionsHeld); held != nil {
		shown.Held, _ = remediation.Split(held.Reason, held.Message)
	}
	if search.After != "" {
		shown.First = addressOf(tenants.Search{Text: search.Text, Phase: search.Phase})
	}
	if found.Next != "" {
		shown.Next = addressOf(tenants.Search{Text: search.Text, Phase: search.Phase, After: found.Next})
	}
	sizes := p.sizes(r, found.Tenants...)
	for _, t := range found.Tenants {
		shown.Rows = append(shown.Rows, rowOf(t, sizes))
	}
	return p.Show(w, r, site.Page{Name: "tenants", Title: "Tenants", Data: shown})
}

func countPhases(platform *v1alpha1.Platform, search tenants.Search) []phaseCount {
	counts := platform.Status.Tenants
	if counts == nil {
		counts = &v1alpha1.TenantCounts{}
	}
	all := []phaseCount{
		{Phase: "", Count: counts.Total},
		{Phase: v1alpha1.TenantPending, Count: counts.Pending},
		{Phase: v1alpha1.TenantProvisioning, Count: counts.Provisioning},
		{Phase: v1alpha1.TenantActive, Count: counts.Active},
		{Phase: v1alpha1.TenantGrace, Count: counts.Grace},
		{Phase: v1alpha1.TenantSuspended, Count: counts.Suspended},
		{Phase: v1alpha1.TenantTerminating, Count: counts.Terminating},
		{Phase: v1alpha1.TenantFailed, Count: counts.Failed},
	}
	for i := range all {
		all[i].Address = addressOf(tenants.Search{Text: search.Text, Phase: all[i].Phase})
		all[i].Current = all[i].Phase == search.Phase
	}
	return all
}

func rowOf(t *v1alpha1.Tenant, sizes map[string]int64) tenantRow {
	row := tenantRow{
		Name: t.Name, Title: t.Spec.DisplayName, Phase: tenants.PhaseOf(t), PaidUntil: t.Status.PaidUntil, OnTrial: t.OnTrial(),
		Version: t.Status.SchemaVersion,
	}
	if t.Spec.Owner != nil {
		row.Owner = t.Spec.Owner.Username
	}
	row.Words = phaseWords[row.Phase]
	if ready := tenants.ReadyCondition(t); ready != nil && ready.Status != "True" {
		row.Words = ready.Message
	}
	if size, known := sizes[t.Status.SchemaName]; known {
		row.Size = formatBytes(size)
	}
	return row
}

// sizes returns the sizes of tenants' schemas in bytes, by schema. Those that cannot be measured now are missing.
func (p *Pages) sizes(r *site.Request, measured ...*v1alpha1.Tenant) map[string]int64 {
	schemas := make([]string, 0, len(measured))
	for _, t := range measured {
		if t.Status.SchemaName != "" {
			schemas = append(schemas, t.Status.SchemaName)
		}
	}
	return p.measure(r, schemas)
}

func (p *Pages) measure(r *site.Request, schemas []string) map[string]int64 {
	if len(schemas) == 0 || r.Platform.Spec.Database.Engine == v1alpha1.Citus {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), measureTimeout)
	defer cancel()
	sizes, err := p.Registry.SchemaSizes(ctx, schemas)
	if err != nil {
		p.logUnread(r, "sizes of schemas", err)
	}
	return sizes
}

// logUnread logs that a part of a page is missing.
func (p *Pages) logUnread(r *site.Request, what string, err error) {
	p.Log.LogAttrs(r.Context(), slog.LevelWarn, "Part of a page could not be read", slog.String("id", r.ID),
		slog.String("what", what), slog.String("cause", postgres.LogText(err)))
}

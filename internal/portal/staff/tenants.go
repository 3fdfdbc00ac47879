package staff

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// tenantsPerPage is the number of tenants on a page of the list.
	tenantsPerPage = 50
	// measureTimeout bounds measuring schemas: a migration that has locked tables must not delay the list.
	measureTimeout = 2 * time.Second
)

// tenantSearch selects tenants.
type tenantSearch struct {
	// Text is a part of the name, the title, a host or the owner's name, in lower case. Empty: any.
	Text string
	// Phase is the tenants' phase. Empty: any.
	Phase v1alpha1.TenantPhase
}

func (s tenantSearch) matches(t *v1alpha1.Tenant) bool {
	if s.Phase != "" && tenants.PhaseOf(t) != s.Phase {
		return false
	}
	has := func(field string) bool { return strings.Contains(strings.ToLower(field), s.Text) }
	return s.Text == "" || has(t.Name) || has(t.Spec.DisplayName) || t.Spec.Owner != nil && has(t.Spec.Owner.Username) ||
		slices.ContainsFunc(t.Status.Hosts, has)
}

// find returns the tenants that match, ordered by name.
func (s tenantSearch) find(all []*v1alpha1.Tenant) []*v1alpha1.Tenant {
	found := slices.DeleteFunc(all, func(t *v1alpha1.Tenant) bool { return !s.matches(t) })
	slices.SortFunc(found, func(a, b *v1alpha1.Tenant) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// address returns the address of a page of the results.
func (s tenantSearch) address(page int) string {
	query := url.Values{}
	if s.Text != "" {
		query.Set("q", s.Text)
	}
	if s.Phase != "" {
		query.Set("phase", string(s.Phase))
	}
	if page > 1 {
		query.Set("page", strconv.Itoa(page))
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
	Search tenantSearch
	// Phases link to the tenants in each phase.
	Phases []phaseCount
	Rows   []tenantRow
	// Found is the number of tenants on all pages.
	Found, Page, Pages int
	// Before and After are the addresses of the previous and the next page. Empty: there is none.
	Before, After string
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
	search := tenantSearch{Text: searchText(r), Phase: v1alpha1.TenantPhase(query.Get("phase"))}
	list, err := p.Tenants.All(r.Context())
	if err != nil {
		return err
	}
	found := search.find(list)
	shown := tenantsPage{Search: search, Phases: countPhases(r.Platform, search), Found: len(found), Pages: max(1, (len(found)+tenantsPerPage-1)/tenantsPerPage)}
	shown.Page = int(min(max(number(query.Get("page")), 1), int64(shown.Pages)))
	if shown.Page > 1 {
		shown.Before = search.address(shown.Page - 1)
	}
	if shown.Page < shown.Pages {
		shown.After = search.address(shown.Page + 1)
	}
	first := (shown.Page - 1) * tenantsPerPage
	found = found[first:min(first+tenantsPerPage, len(found))]
	sizes := p.sizes(r, found...)
	for _, t := range found {
		shown.Rows = append(shown.Rows, rowOf(t, sizes))
	}
	return p.Show(w, r, site.Page{Name: "tenants", Title: "Tenants", Data: shown})
}

func countPhases(platform *v1alpha1.Platform, search tenantSearch) []phaseCount {
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
		all[i].Address = tenantSearch{Text: search.Text, Phase: all[i].Phase}.address(1)
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

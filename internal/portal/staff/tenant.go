package staff

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// eventsShown is the number of events on a page.
	eventsShown = 20
)

// tenantPage is the page of one tenant.
type tenantPage struct {
	Name, Title, URL string
	// Owner and Email are the owner's. Empty: there is none.
	Owner, Email string
	Phase        v1alpha1.TenantPhase
	PhaseWords   string
	// Behind reports that the phase does not reflect the last change of the manifest yet.
	Behind bool
	// Hosts are its host names, the primary one first, with the custom domains that are not active yet.
	Hosts []string
	Facts []fact
	// Explanation says why it is, or is not, served.
	Explanation explanationView
	Conditions  []conditionView
	Events      []eventView
	// NoEvents says why there are no events to show. Empty: there are some.
	NoEvents string
	Audit    []auditView
	// Version is the version of the Tenant that the form is rendered from.
	Version tenants.Version
	Form    *site.Form
	// Fields are the settings in the form.
	Fields []fieldView
	// Suspended reports whether staff have suspended it.
	Suspended bool
	// Suspension says why staff cannot suspend or resume it. Empty: they can.
	Suspension string
	// OtherDomains are the custom domains that other field managers own, and Managers are all other field managers.
	OtherDomains, Managers []string
	// Held reports whether its deletion waits for a decision.
	Held bool
	// Retained reports whether its data is kept when it is deleted, and Deletion says for how long.
	Retained bool
	Deletion string
}

// fieldView is a setting as the form shows it.
type fieldView struct {
	Name, Label, Hint, Kind, Value, Error string
	// Was is the current value.
	Was string
	// Owned says why the setting cannot be changed here. Empty: it can.
	Owned string
}

type fact struct{ Name, Value string }

type conditionView struct {
	// Kind is the type of the condition, and Words its name on the page.
	Kind, Words string
	// State is Yes, No or Unknown.
	State                  string
	Reason, Message, Since string
	// Advice says what to do. Empty: nothing.
	Advice string
}

type eventView struct {
	At, Reason, Note string
	Count            int32
}

func (p *Pages) showTenant(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	return p.showTenantForm(w, r, tenant, settingsForm(r, tenant))
}

// showTenantForm shows a tenant with the form of its settings.
func (p *Pages) showTenantForm(w http.ResponseWriter, r *site.Request, tenant *v1alpha1.Tenant, f *site.Form) error {
	shown, err := p.describe(r, tenant)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	shown.fill(tenant, f)
	return p.Show(w, r, site.Page{Name: "tenant", Title: tenant.Name, Data: shown, Status: status})
}

// fill populates the form. Fields that another manager owns show that manager's value, read-only.
func (t *tenantPage) fill(tenant *v1alpha1.Tenant, f *site.Form) {
	owners, current := tenants.OwnersOf(tenant), settingTexts(tenant)
	t.Form = f
	for _, field := range settingFields {
		v := fieldView{
			Name: field.name, Label: field.label, Hint: field.hint, Kind: field.kind,
			Value: f.Values[field.name], Error: f.Errors[field.name], Was: current[field.name],
		}
		if manager := owners.Field(field.path); manager != "" {
			v.Owned, v.Value = ownedSentence(field.path, manager), v.Was
		}
		t.Fields = append(t.Fields, v)
	}
	if manager := owners.Field("suspended"); manager != "" {
		t.Suspension = ownedSentence("suspended", manager)
	}
	for _, host := range ownedDomains(tenant, owners) {
		t.OtherDomains = append(t.OtherDomains, host+", set by "+owners.Domain(host))
	}
	t.Managers = owners.Managers()
}

// staffTenant reads the Tenant in the path of a request.
func (p *Pages) staffTenant(r *site.Request) (*v1alpha1.Tenant, error) {
	name := r.PathValue("name")
	err := tenants.ErrNotFound
	var tenant *v1alpha1.Tenant
	if len(content.IsPathSegmentName(name)) == 0 {
		tenant, err = p.Tenants.GetLive(r.Context(), name)
	}
	switch {
	case errors.Is(err, tenants.ErrNotFound):
		return nil, &site.PageError{
			Status: http.StatusNotFound, Title: "There is no such tenant", Lead: fmt.Sprintf("No Tenant has the name %s.", web.Shorten(name)),
			Steps: []string{"If it was deleted, its data may still be kept."}, Link: &web.Link{Address: "/staff/tombstones/?q=" + url.QueryEscape(web.Shorten(name)), Text: "Deleted blogs"},
		}
	case err != nil:
		return nil, err
	case tenant.PlatformName() != p.Tenants.PlatformName:
		return nil, site.ErrNoPage
	}
	return tenant, nil
}

func (p *Pages) describe(r *site.Request, tenant *v1alpha1.Tenant) (*tenantPage, error) {
	entries, err := p.Audit.ByTenant(r.Context(), tenant.Name, auditPageSize)
	if err != nil {
		return nil, err
	}
	shown := &tenantPage{
		Name: tenant.Name, Title: tenants.TitleOf(tenant), URL: tenant.Status.URL, Phase: tenants.PhaseOf(tenant), PhaseWords: phaseWords[tenants.PhaseOf(tenant)],
		Behind: tenant.Status.ObservedGeneration < tenant.Generation,
		Hosts:  hostsOf(tenant), Facts: p.factsOf(r, tenant), Conditions: conditionsOf(tenant), Audit: viewsOfAudit(entries),
		Version: tenants.VersionOf(tenant), Suspended: tenant.SuspendedBySpec(), Held: tenants.IsHeld(tenant), Retained: tenant.Retained(), Deletion: deletionOf(r, tenant),
		Explanation: p.explain(r, tenant.Name),
	}
	if owner := tenant.Spec.Owner; owner != nil {
		shown.Owner, shown.Email = owner.Username, owner.Email
	}
	events, err := p.Tenants.Events(r.Context(), tenant)
	switch {
	case err != nil: // the page is useful without
		p.logUnread(r, "events", err)
		shown.NoEvents = "Events are unavailable at the moment."
	case len(events) == 0:
		shown.NoEvents = "There are no recent events. Kubernetes keeps them for an hour."
	}
	for _, e := range events[:min(len(events), eventsShown)] {
		shown.Events = append(shown.Events, eventView{At: web.Moment(e.At), Reason: e.Reason, Note: e.Note, Count: e.Count})
	}
	return shown, nil
}

// deletionOf says what the deletion of a tenant does to its data.
func deletionOf(r *site.Request, t *v1alpha1.Tenant) string {
	until := tenants.KeptUntil(r.Platform, t, r.Now)
	if until.IsZero() {
		return "its data is dropped at once"
	}
	return "its data is kept until " + web.Day(until)
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

func conditionsOf(t *v1alpha1.Tenant) []conditionView {
	var views []conditionView
	for _, known := range conditionWords {
		c := meta.FindStatusCondition(t.Status.Conditions, known.kind)
		if c == nil {
			continue
		}
		problem, remedy := remediation.Split(c.Reason, c.Message)
		v := conditionView{
			Kind: c.Type, Words: known.words, State: "Unknown", Reason: c.Reason, Message: problem,
			Since: web.Moment(c.LastTransitionTime.Time), Advice: remedy,
		}
		switch c.Status {
		case metav1.ConditionTrue:
			v.State = "Yes"
		case metav1.ConditionFalse:
			v.State = "No"
		}
		if c.ObservedGeneration < t.Generation {
			v.State += ", before the last change"
		}
		views = append(views, v)
	}
	return views
}

// factsOf lists the facts about a tenant beside its conditions.
func (p *Pages) factsOf(r *site.Request, t *v1alpha1.Tenant) []fact {
	limits := r.Platform.LimitsOf(t)
	plan, size, storage, deletion := "paying", "unknown", "no limit", "its data is dropped at once"
	if t.OnTrial() {
		plan = "on trial"
	}
	if bytes, known := p.sizes(r, t)[t.Status.SchemaName]; known {
		size = formatBytes(bytes)
	}
	if limits.Storage != nil {
		storage = limits.Storage.String()
	}
	if t.Retained() {
		deletion = fmt.Sprintf("its data is kept for %d days", r.Platform.RetentionDays())
	}
	facts := []fact{
		{"Paid until", formatPaidUntil(t)},
		{"Plan", plan},
		{"Schema", formatSchema(t)},
		{"Size", size},
		{"Posts allowed", formatLimit(limits.Posts)},
		{"Storage allowed", storage},
		{"Requests per second", formatLimit(limits.RequestsPerSecond)},
		{"When deleted", deletion},
		{"Created", web.Moment(t.CreationTimestamp.Time)},
	}
	if t.Spec.SuspensionReason != "" {
		facts = append(facts, fact{"Reason for the suspension", t.Spec.SuspensionReason})
	}
	if t.DeletionTimestamp != nil {
		facts = append(facts, fact{"Deleted", web.Moment(t.DeletionTimestamp.Time)})
	}
	return facts
}

func formatPaidUntil(t *v1alpha1.Tenant) string {
	end, err := t.Status.PaidUntil.Start()
	if err != nil {
		return "unknown"
	}
	return web.Day(end)
}

func formatSchema(t *v1alpha1.Tenant) string {
	if t.Status.SchemaName == "" {
		return "none yet"
	}
	return fmt.Sprintf("%s, at version %s", t.Status.SchemaName, t.Status.SchemaVersion)
}

func formatLimit[N int32 | int64](limit *N) string {
	if limit == nil {
		return "no limit"
	}
	return strconv.FormatInt(int64(*limit), 10)
}

func hostsOf(t *v1alpha1.Tenant) []string {
	hosts := slices.Clone(t.Status.Hosts)
	for _, domain := range t.Spec.CustomDomains {
		if !slices.Contains(hosts, string(domain)) {
			hosts = append(hosts, string(domain)+" (not active)")
		}
	}
	return hosts
}

package portal

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/remediation"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// eventsShown and actsShown bound what a page tells of the past.
	eventsShown = 20
	actsShown   = 50
)

// tenantPage is all about one Tenant.
type tenantPage struct {
	Tenant     *v1alpha1.Tenant
	Phase      v1alpha1.TenantPhase
	PhaseWords string
	Facts      []fact
	Conditions []conditionView
	Events     []eventView
	// NoEvents says why there are none to show. Empty: there are.
	NoEvents string
	Acts     []audit.Entry
	Form     *form
	// Fields are the settings in the form.
	Fields []fieldView
	// Suspension says why suspending and resuming is not for staff. Empty: it is.
	Suspension string
	// OtherDomains are the custom domains that others have set, and Managers all who have set something.
	OtherDomains, Managers []string
	// Deletion says what becomes of the data when it is deleted.
	Deletion string
}

// fieldView is a setting as the form shows it.
type fieldView struct {
	Name, Label, Hint, Kind, Value, Error string
	// Held says why it cannot be changed here. Empty: it can.
	Held string
}

type fact struct{ Name, Value string }

type conditionView struct {
	// Kind is the type of the condition, and Words what it means.
	Kind, Words string
	// State is yes, no or "not known yet".
	State string
	// Reason, Message and Since are the operator's.
	Reason, Message, Since string
	// Advice says what to do. Empty: nothing.
	Advice string
}

type eventView struct {
	At, Reason, Note string
	Count            int32
}

func (p *Portal) showTenant(w http.ResponseWriter, r *visit) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	return p.showTenantForm(w, r, tenant, currentSettings(tenant))
}

// showTenantForm shows a Tenant with a form that is as it stands now, or that was refused.
func (p *Portal) showTenantForm(w http.ResponseWriter, r *visit, tenant *v1alpha1.Tenant, f *form) error {
	shown, err := p.describe(r, tenant)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !f.ok() {
		status = http.StatusUnprocessableEntity
	}
	shown.fill(f)
	return p.show(w, r, page{name: "staff_tenant", title: tenant.Name, data: shown, status: status})
}

// currentSettings is the form with what a Tenant has.
func currentSettings(t *v1alpha1.Tenant) *form {
	f := &form{Values: make(map[string]string), Errors: make(map[string]string)}
	held := tenants.FieldOwners(t)
	for _, s := range settings {
		f.Values[s.name] = s.read(t, held)
	}
	return f
}

// fill puts a form on the page. A field that another manager has set shows what that one has set.
func (t *tenantPage) fill(f *form) {
	held := tenants.FieldOwners(t.Tenant)
	t.Form = f
	for _, s := range settings {
		v := fieldView{Name: s.name, Label: s.label, Hint: s.hint, Kind: s.kind, Value: f.Values[s.name], Error: f.Errors[s.name]}
		if manager := held[s.path]; manager != "" {
			v.Held, v.Value = heldSentence(s.path, manager), s.read(t.Tenant, held)
		}
		t.Fields = append(t.Fields, v)
	}
	if manager := held["suspended"]; manager != "" {
		t.Suspension = heldSentence("suspended", manager)
	}
	for _, domain := range t.Tenant.Spec.CustomDomains {
		if manager := held["customDomains/"+string(domain)]; manager != "" {
			t.OtherDomains = append(t.OtherDomains, string(domain)+", set by "+manager)
		}
	}
	t.Managers = slices.Compact(slices.Sorted(maps.Values(held)))
}

// staffTenant returns the Tenant that a page is about, as the API server has it.
func (p *Portal) staffTenant(r *visit) (*v1alpha1.Tenant, error) {
	name := r.PathValue("name")
	var (
		tenant *v1alpha1.Tenant
		err    error
	)
	possible := len(content.IsPathSegmentName(name)) == 0
	if possible {
		tenant, err = p.tenants.GetLive(r.Context(), name)
	}
	switch {
	case !possible, errors.Is(err, tenants.ErrNotFound):
		return nil, &failure{
			status: http.StatusNotFound, title: "There is no such tenant", lead: fmt.Sprintf("No Tenant has the name %s.", web.Shorten(name)),
			steps: []string{"If it was deleted, its data may still be kept."}, link: &web.Link{Address: "/staff/tombstones/", Text: "Deleted blogs"},
		}
	case err != nil:
		return nil, err
	case tenant.PlatformName() != p.tenants.PlatformName:
		return nil, errNoPage
	}
	return tenant, nil
}

func (p *Portal) describe(r *visit, tenant *v1alpha1.Tenant) (*tenantPage, error) {
	acts, err := p.audit.ByTenant(r.Context(), tenant.Name, actsShown)
	if err != nil {
		return nil, err
	}
	shown := &tenantPage{
		Tenant: tenant, Phase: phaseOf(tenant), PhaseWords: phaseWords[phaseOf(tenant)], Conditions: conditionsOf(tenant),
		Facts: p.factsOf(r, tenant), Acts: acts, Deletion: deletionOf(r, tenant),
	}
	events, err := p.tenants.Events(r.Context(), tenant)
	switch {
	case err != nil: // the page is of use without
		p.logUnread(r, "events", err)
		shown.NoEvents = "The events cannot be read at the moment."
	case len(events) == 0:
		shown.NoEvents = "There are no recent events: Kubernetes keeps them for an hour."
	}
	for _, event := range events[:min(len(events), eventsShown)] {
		shown.Events = append(shown.Events, eventOf(event))
	}
	return shown, nil
}

func eventOf(e eventsv1.Event) eventView {
	v := eventView{At: moment(tenants.LastSeen(e)), Reason: e.Reason, Note: e.Note, Count: 1}
	if e.Series != nil {
		v.Count = e.Series.Count
	}
	return v
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
			Kind: c.Type, Words: known.words, State: "not known yet", Reason: c.Reason, Message: problem,
			Since: moment(c.LastTransitionTime.Time), Advice: remedy,
		}
		switch c.Status {
		case metav1.ConditionTrue:
			v.State = "yes"
		case metav1.ConditionFalse:
			v.State = "no"
		}
		if c.ObservedGeneration < t.Generation {
			v.State += ", before the last change"
		}
		views = append(views, v)
	}
	return views
}

// factsOf lists what there is to know of a Tenant beside its conditions.
func (p *Portal) factsOf(r *visit, t *v1alpha1.Tenant) []fact {
	limits := r.Platform.LimitsOf(t)
	facts := []fact{
		{"Paid until", paidUntil(t)},
		{"Plan", map[bool]string{true: "on trial", false: "paying"}[t.OnTrial()]},
		{"Schema", schemaInWords(t)},
		{"Size", "not known"},
		{"Posts allowed", limitInWords(limits.Posts)},
		{"Storage allowed", "no limit"},
		{"Requests per second", limitInWords(limits.RequestsPerSecond)},
		{"When deleted", map[bool]string{true: fmt.Sprintf("its data is kept for %d days", r.Platform.RetentionDays()), false: "its data is dropped at once"}[t.Retained()]},
		{"Made", moment(t.CreationTimestamp.Time)},
	}
	if size, known := p.sizes(r, t)[t.Status.SchemaName]; known {
		facts[3].Value = bytesInWords(size)
	}
	if limits.Storage != nil {
		facts[5].Value = limits.Storage.String()
	}
	if t.DeletionTimestamp != nil {
		facts = append(facts, fact{"Deleted", moment(t.DeletionTimestamp.Time)})
	}
	return facts
}

func paidUntil(t *v1alpha1.Tenant) string {
	end, err := t.Status.PaidUntil.Start()
	if err != nil {
		return "not known yet"
	}
	return day(end)
}

func schemaInWords(t *v1alpha1.Tenant) string {
	if t.Status.SchemaName == "" {
		return "none yet"
	}
	return fmt.Sprintf("%s, at version %d", t.Status.SchemaName, t.Status.SchemaVersion)
}

func limitInWords[N int32 | int64](limit *N) string {
	if limit == nil {
		return "no limit"
	}
	return strconv.FormatInt(int64(*limit), 10)
}

// Hosts are the host names, the primary one first, with the custom domains that do not lead here yet.
func (t *tenantPage) Hosts() []string {
	hosts := slices.Clone(t.Tenant.Status.Hosts)
	for _, domain := range t.Tenant.Spec.CustomDomains {
		if !slices.Contains(hosts, string(domain)) {
			hosts = append(hosts, string(domain)+" (not its own yet)")
		}
	}
	return hosts
}

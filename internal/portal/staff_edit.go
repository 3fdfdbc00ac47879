package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// change is what one field becomes.
type change struct {
	name, before, after string
	apply               func(*specConfiguration)
}

func (c change) String() string {
	return fmt.Sprintf("%s %s -> %s", c.name, orNone(c.before), orNone(c.after))
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return strings.ReplaceAll(value, "\n", ", ")
}

// saveSettings changes those of a Tenant's settings that were filled in anew.
func (p *Portal) saveSettings(w http.ResponseWriter, r *visit) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	f := settingsForm(r, tenant)
	changes := readChanges(r, tenant, f)
	if !f.ok() {
		return p.showTenantForm(w, r, tenant, f)
	}
	if len(changes) == 0 {
		return p.unchanged(w, r, tenantAddress(tenant.Name))
	}
	err = p.tenants.Edit(r.Context(), tenant.Name, func(spec *specConfiguration) {
		for _, c := range changes {
			c.apply(spec)
		}
	})
	if refused(f, err) {
		return p.showTenantForm(w, r, tenant, f)
	}
	if err != nil {
		return err
	}
	var detail []string
	for _, c := range changes {
		detail = append(detail, c.String())
	}
	return p.done(w, r, audit.Entry{Action: "edit", Tenant: tenant.Name, Detail: strings.Join(detail, "; ")}, "saved", tenantAddress(tenant.Name))
}

// settingsForm takes what was filled in. A form that was opened before somebody else's change is refused: it would undo
// that change.
func settingsForm(r *visit, t *v1alpha1.Tenant) *form {
	f := newForm(r, "generation")
	for _, s := range settings {
		value := strings.ReplaceAll(r.PostFormValue(s.name), "\r\n", "\n")
		f.Values[s.name] = strings.TrimSpace(value)
	}
	if f.Values["generation"] != strconv.FormatInt(t.Generation, 10) {
		f.refuse("", "Somebody else has changed this tenant since you opened the page. Compare what you have filled in with what stands above, and save it again.")
	}
	return f
}

// readChanges returns what the form changes, and refuses what cannot be.
func readChanges(r *visit, t *v1alpha1.Tenant, f *form) []change {
	var changes []change
	held := tenants.FieldOwners(t)
	for _, s := range settings {
		before, after := s.read(t, held), f.Values[s.name]
		if held[s.path] != "" || before == after {
			continue
		}
		apply, refusal := s.parse(r, after)
		if refusal != "" {
			f.refuse(s.name, refusal)
			continue
		}
		changes = append(changes, change{s.name, before, after, apply})
	}
	return changes
}

// refused notes in the form why the API server has refused a change: what was asked for cannot be, or another manager
// has set it. It reports whether err is that.
func refused(f *form, err error) bool {
	var (
		held   *tenants.FieldConflictError
		status apierrors.APIStatus
	)
	if !errors.As(err, &status) {
		return false
	}
	conflict := errors.As(err, &held)
	if !conflict && !apierrors.IsInvalid(err) && !apierrors.IsForbidden(err) {
		return false
	}
	if details := status.Status().Details; details != nil {
		for _, cause := range details.Causes {
			sentence := asSentence(detailOf(cause.Message))
			if conflict {
				sentence = heldSentence(specPath(cause.Field), managerIn(cause.Message))
			}
			f.refuse(settingAt(cause.Field), sentence)
		}
	}
	if f.ok() {
		f.refuse("", asSentence(status.Status().Message))
	}
	return true
}

// managerIn returns the name in the API server's words about a conflict: conflict with "NAME" using VERSION.
func managerIn(message string) string {
	if parts := strings.Split(message, `"`); len(parts) > 2 {
		return parts[1]
	}
	return "Another field manager"
}

// specPath turns a path that the API server writes, such as .spec.customDomains[1], into one below the spec.
func specPath(field string) string {
	path := strings.TrimPrefix(strings.TrimPrefix(field, "."), "spec.")
	path, _, _ = strings.Cut(path, "[")
	return path
}

// settingAt returns the name of the setting at such a path, or "" when it is none.
func settingAt(field string) string {
	for _, s := range settings {
		if s.path == specPath(field) {
			return s.name
		}
	}
	return ""
}

// detailOf returns what the API server says of a value, without the value: Invalid value: "x": DETAIL.
func detailOf(message string) string {
	kind, rest, found := strings.Cut(message, ": ")
	if !found || kind != "Invalid value" {
		return message
	}
	if quoted, err := strconv.QuotedPrefix(rest); err == nil {
		return strings.TrimPrefix(rest[len(quoted):], ": ")
	}
	if _, detail, found := strings.Cut(rest, ": "); found {
		return detail
	}
	return rest
}

// asSentence begins with a capital letter and ends with a full stop.
func asSentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func (p *Portal) suspendTenant(w http.ResponseWriter, r *visit) error {
	return p.setSuspended(w, r, true, "suspend", "suspended")
}

func (p *Portal) resumeTenant(w http.ResponseWriter, r *visit) error {
	return p.setSuspended(w, r, false, "resume", "resumed")
}

func (p *Portal) setSuspended(w http.ResponseWriter, r *visit, suspended bool, action, notice string) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	if tenant.SuspendedByHand() == suspended {
		return p.unchanged(w, r, tenantAddress(tenant.Name))
	}
	err = p.tenants.Edit(r.Context(), tenant.Name, func(spec *specConfiguration) { spec.WithSuspended(suspended) })
	if f := currentSettings(tenant); refused(f, err) {
		return p.showTenantForm(w, r, tenant, f)
	}
	if err != nil {
		return err
	}
	return p.done(w, r, audit.Entry{Action: action, Tenant: tenant.Name}, notice, tenantAddress(tenant.Name))
}

func (p *Portal) deleteTenant(w http.ResponseWriter, r *visit) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != tenant.Name {
		f := currentSettings(tenant)
		f.refuse("confirm", "Type "+tenant.Name+" to delete it. Nothing was changed.")
		return p.showTenantForm(w, r, tenant, f)
	}
	if !tenant.DeletionTimestamp.IsZero() {
		return p.unchanged(w, r, tenantAddress(tenant.Name))
	}
	if err := p.tenants.Delete(r.Context(), tenant); err != nil {
		return err
	}
	act := audit.Entry{Action: "delete", Tenant: tenant.Name, Detail: deletionOf(r, tenant)}
	return p.done(w, r, act, "deleted", "/staff/tombstones/")
}

// deletionOf says what a deletion does with a Tenant's data.
func deletionOf(r *visit, t *v1alpha1.Tenant) string {
	if !t.Retained() {
		return "its data is dropped at once"
	}
	return "its data is kept until " + day(r.Now.AddDate(0, 0, r.Platform.RetentionDays()))
}

// apiSentence is what the API server has against something, for people.
func apiSentence(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return ""
	}
	if details := status.Status().Details; details != nil && len(details.Causes) > 0 {
		return asSentence(detailOf(details.Causes[0].Message))
	}
	return asSentence(status.Status().Message)
}

func tenantAddress(name string) string { return "/staff/tenants/" + name + "/" }

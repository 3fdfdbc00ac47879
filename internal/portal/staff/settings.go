package staff

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// settingField is a field of the form with which staff edit a tenant.
type settingField struct {
	// name is the field's name in the form, and path the path of its setting below spec.
	name, path  string
	label, hint string
	// kind is text, date, number, lines or choice.
	kind string
}

// settingFields lists the fields in the order of the form. An empty setting is inherited from the Platform.
var settingFields = []settingField{
	{"displayName", "displayName", "Title", "The blog's title until its owner sets one.", "text"},
	{"customDomains", pathCustomDomains, "Custom domains", "One host name per line, such as www.alice.org. Their DNS records must point here.", "lines"},
	{"paidUntil", "paidUntil", "Paid until", "The last paid day, such as 2027-12-31. Leave blank to keep the initial date.", "date"},
	{"trial", "trial", "On trial", "The Platform may set other limits for trials.", "choice"},
	{"posts", "limits.posts", "Posts allowed", "Leave blank to use the Platform's limit.", "number"},
	{"storage", "limits.storage", "Storage allowed", "Such as 500Mi or 2Gi. Leave blank to use the Platform's limit.", "text"},
	{"requestsPerSecond", "limits.requestsPerSecond", "Requests per second allowed", "For each replica of the blog. Leave blank to use the Platform's limit.", "number"},
}

// pathCustomDomains is the path of a list that other field managers may own in part: the form contains the rest.
const pathCustomDomains = "customDomains"

// wasPrefix is the prefix of the hidden fields that contain the values that a form was rendered from.
const wasPrefix = "was."

// fieldAt returns the name of the form's field for a setting, or "", which stands for the form as a whole.
func fieldAt(path string) string {
	for _, field := range settingFields {
		if field.path == path {
			return field.name
		}
	}
	return ""
}

// ownedDomains returns the custom domains of a tenant that other field managers own.
func ownedDomains(t *v1alpha1.Tenant, owners tenants.Owners) []string {
	return slices.DeleteFunc(tenants.SettingsOf(t).CustomDomains, func(host string) bool { return owners.Domain(host) == "" })
}

// settingTexts returns the settings of a tenant as the form shows them, by the names of the fields.
func settingTexts(t *v1alpha1.Tenant) map[string]string {
	owners, settings := tenants.OwnersOf(t), tenants.SettingsOf(t)
	settings.CustomDomains = slices.DeleteFunc(settings.CustomDomains, func(host string) bool { return owners.Domain(host) != "" })
	texts := make(map[string]string, len(settingFields))
	for _, field := range settingFields {
		texts[field.name] = settings.Text(field.path)
	}
	return texts
}

// settingsForm is the form with a tenant's settings.
func settingsForm(r *site.Request, t *v1alpha1.Tenant) *site.Form {
	f := site.NewForm(r)
	f.Values = settingTexts(t)
	return f
}

// readSettings reads the form and returns the change that it describes. Fields that other field managers own are not
// changed, whatever was sent.
func readSettings(r *site.Request, t *v1alpha1.Tenant) (*site.Form, tenants.Change) {
	f := site.NewForm(r)
	owners, owned := tenants.OwnersOf(t), ownedDomains(t, tenants.OwnersOf(t))
	change := tenants.Change{
		Version: tenants.VersionOf(t).Seen(r.PostFormValue("version")), Base: tenants.SettingsOf(t), Want: tenants.SettingsOf(t),
	}
	for _, field := range settingFields {
		text := r.PostFormValue(field.name)
		f.Values[field.name] = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		if owners.Field(field.path) != "" {
			continue
		}
		if was := wasPrefix + field.name; r.PostForm.Has(was) {
			_ = change.Base.Parse(field.path, r.PostFormValue(was)) // the form had it from a tenant: it is valid
		}
		var invalid *tenants.InvalidError
		if errors.As(change.Want.Parse(field.path, text), &invalid) {
			f.AddError(field.name, invalid.Fields[0].Message)
		}
		if field.path == pathCustomDomains {
			change.Want.CustomDomains = slices.Concat(owned, change.Want.CustomDomains)
			if r.PostForm.Has(wasPrefix + field.name) {
				change.Base.CustomDomains = slices.Concat(owned, change.Base.CustomDomains)
			}
		}
	}
	return f, change
}

// saveSettings changes the settings of a tenant.
func (p *Pages) saveSettings(w http.ResponseWriter, r *site.Request) error {
	tenant, err := p.staffTenant(r)
	if err != nil {
		return err
	}
	f, change := readSettings(r, tenant)
	if !f.OK() {
		return p.showTenantForm(w, r, tenant, f)
	}
	changed, err := p.Changes.Edit(r.Context(), r.User.Username, change)
	return p.answerStaffForm(w, r, tenant, f, changed, err, site.NoticeSaved)
}

// answerStaffForm responds to a form of a tenant's page: with the page and the reasons why the change was refused, or
// with a redirect to the page.
func (p *Pages) answerStaffForm(w http.ResponseWriter, r *site.Request, t *v1alpha1.Tenant, f *site.Form, changed bool, err error, notice site.Notice) error {
	var other *tenants.ChangedError
	if errors.As(err, &other) {
		t = other.Tenant
		refuseOutdated(f, other)
	}
	refuseFields(f, err)
	switch {
	case !f.OK():
		return p.showTenantForm(w, r, t, f)
	case err != nil:
		return err
	}
	return p.answerStaff(w, r, changed, notice, tenantAddress(t.Name))
}

// answerStaff redirects to a page that says what was done, if anything.
func (p *Pages) answerStaff(w http.ResponseWriter, r *site.Request, changed bool, notice site.Notice, next string) error {
	if !changed {
		return p.unchanged(w, r, next)
	}
	site.RedirectWithNotice(w, r, next, notice)
	return nil
}

// refuseFields adds errors to the fields that other field managers own, and to those with invalid values.
func refuseFields(f *site.Form, err error) {
	var (
		owned   *tenants.FieldOwnedError
		invalid *tenants.InvalidError
	)
	if errors.As(err, &owned) {
		for _, field := range owned.Fields {
			f.AddError(fieldAt(field.Path), ownedSentence(field.Path, field.Manager))
		}
	}
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			f.AddError(fieldAt(field.Path), field.Message)
		}
	}
}

// refuseOutdated adds an error with both values to each field that was changed after the form was rendered. A field that
// only the other user has changed gets the new value.
func refuseOutdated(f *site.Form, changed *tenants.ChangedError) {
	f.AddError("", "This tenant was changed after you opened the page. Check the marked fields and save again.")
	current := settingTexts(changed.Tenant)
	for _, c := range changed.Fields {
		name := fieldAt(c.Path)
		if name == "" || c.Base == c.Theirs {
			continue
		}
		sentence := fmt.Sprintf("Another user changed this from %s to %s.", quoted(c.Base), quoted(c.Theirs))
		if c.Both() {
			sentence += fmt.Sprintf(" You entered %s.", quoted(c.Ours))
		} else {
			f.Values[name] = current[name]
		}
		f.AddError(name, sentence)
	}
}

func quoted(text string) string {
	if text == "" {
		return "nothing"
	}
	return strconv.Quote(strings.ReplaceAll(text, "\n", ", "))
}

// ownedSentence says why a field cannot be changed here.
func ownedSentence(path, manager string) string {
	return fmt.Sprintf("Set by %s. Change spec.%s in the manifest that it applies.", manager, path)
}

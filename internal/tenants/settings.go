package tenants

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Settings are the fields of a Tenant's spec that its owner or staff may change. A field with its zero value is left to
// the Platform.
type Settings struct {
	DisplayName       string
	CustomDomains     []string
	PaidUntil         v1alpha1.Date
	Trial             bool
	Suspended         bool
	Posts             *int64
	Storage           *resource.Quantity
	RequestsPerSecond *int32
}

// SettingsOf returns the settings of a Tenant.
func SettingsOf(t *v1alpha1.Tenant) Settings {
	s := Settings{DisplayName: t.Spec.DisplayName, PaidUntil: t.Spec.PaidUntil, Trial: t.OnTrial(), Suspended: t.SuspendedBySpec()}
	for _, domain := range t.Spec.CustomDomains {
		s.CustomDomains = append(s.CustomDomains, string(domain))
	}
	if limits := t.Spec.Limits; limits != nil {
		s.Posts, s.Storage, s.RequestsPerSecond = limits.Posts, limits.Storage, limits.RequestsPerSecond
	}
	return s
}

// Paths of the settings, below spec.
const (
	pathDisplayName       = "displayName"
	pathCustomDomains     = "customDomains"
	pathPaidUntil         = "paidUntil"
	pathTrial             = "trial"
	pathSuspended         = "suspended"
	pathPosts             = "limits.posts"
	pathStorage           = "limits.storage"
	pathRequestsPerSecond = "limits.requestsPerSecond"
)

type specConfiguration = tenancyv1alpha1.TenantSpecApplyConfiguration

// setting is one field of Settings.
type setting struct {
	path string
	// manager is the field manager under which the portal writes it.
	manager string
	// text formats the value. Empty: the zero value.
	text func(*Settings) string
	// parse sets the value from its text. It returns a sentence if the text is not a valid value.
	parse func(s *Settings, text string) string
	// check returns a sentence if the value breaks a rule.
	check func(*Settings) string
	// copy copies the value.
	copy func(to, from *Settings)
	// apply puts the value into the fields that the portal owns.
	apply func(*specConfiguration, *Settings)
}

// allSettings lists the settings in the order of differences.
var allSettings = []setting{
	newSetting(pathDisplayName, ownerManager, func(s *Settings) *string { return &s.DisplayName }, asText, parseText, checkDisplayName,
		func(spec *specConfiguration, name string) { spec.DisplayName = nilIfZero(name) }),
	// The portal may own a part of the list, see applyDomains.
	newSetting(pathCustomDomains, ownerManager, func(s *Settings) *[]string { return &s.CustomDomains }, formatDomains, parseDomains, checkDomains,
		func(*specConfiguration, []string) {}),
	newSetting(pathPaidUntil, staffManager, func(s *Settings) *v1alpha1.Date { return &s.PaidUntil }, asText, parseText, checkDate,
		func(spec *specConfiguration, date v1alpha1.Date) { spec.PaidUntil = nilIfZero(date) }),
	newSetting(pathTrial, staffManager, func(s *Settings) *bool { return &s.Trial }, yesOrNo, parseYesOrNo, anyValue,
		func(spec *specConfiguration, trial bool) { spec.Trial = nilIf(true, trial) }),
	newSetting(pathSuspended, staffManager, func(s *Settings) *bool { return &s.Suspended }, yesOrNo, parseYesOrNo, anyValue,
		func(spec *specConfiguration, suspended bool) { spec.Suspended = nilIf(false, suspended) }),
	newSetting(pathPosts, staffManager, func(s *Settings) **int64 { return &s.Posts }, formatLimit, parseLimit[int64], checkLimit,
		changeLimits(func(limits *limitsConfiguration, n *int64) { limits.Posts = n })),
	newSetting(pathStorage, staffManager, func(s *Settings) **resource.Quantity { return &s.Storage }, formatStorage, parseStorage, checkStorage,
		changeLimits(func(limits *limitsConfiguration, q *resource.Quantity) { limits.Storage = q })),
	newSetting(pathRequestsPerSecond, staffManager, func(s *Settings) **int32 { return &s.RequestsPerSecond }, formatLimit, parseLimit[int32], checkLimit,
		changeLimits(func(limits *limitsConfiguration, n *int32) { limits.RequestsPerSecond = n })),
}

// newSetting returns the setting that is stored in the field at. Both parse and check return a sentence if a value is not
// valid; parse needs to check only what check cannot.
func newSetting[T any](
	path, manager string, at func(*Settings) *T, format func(T) string, parse func(string) (T, string), check func(T) string, apply func(*specConfiguration, T),
) setting {
	return setting{
		path: path, manager: manager,
		text: func(s *Settings) string { return format(*at(s)) },
		parse: func(s *Settings, text string) string {
			value, message := parse(text)
			if *at(s) = value; message == "" {
				message = check(value)
			}
			return message
		},
		check: func(s *Settings) string { return check(*at(s)) },
		copy:  func(to, from *Settings) { *at(to) = *at(from) },
		apply: func(spec *specConfiguration, s *Settings) { apply(spec, *at(s)) },
	}
}

func settingAt(path string) setting {
	i := slices.IndexFunc(allSettings, func(s setting) bool { return s.path == path })
	if i < 0 {
		panic("no setting at " + path)
	}
	return allSettings[i]
}

// Text formats the setting at a path below spec, as a form shows it: a date, a number, one domain per line, "yes" or
// "no". Empty: the setting is left to the Platform.
func (s *Settings) Text(path string) string { return settingAt(path).text(s) }

// Parse sets the setting at a path from its text, the inverse of Text. It returns an *InvalidError if the text is not a
// value of that setting.
func (s *Settings) Parse(path, text string) error {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if message := settingAt(path).parse(s, text); message != "" {
		return invalid(path, "%s", message)
	}
	return nil
}

// Difference is a setting whose value has changed.
type Difference struct {
	// Path is a path below spec, such as "limits.posts".
	Path string
	// From and To are the values, formatted by Settings.Text.
	From, To string
}

// String formats a difference for the audit log.
func (d Difference) String() string { return d.Path + " " + orNone(d.From) + " -> " + orNone(d.To) }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return strings.ReplaceAll(text, "\n", ", ")
}

func differences(from, to *Settings) []Difference {
	var found []Difference
	for _, s := range allSettings {
		if d := (Difference{s.path, s.text(from), s.text(to)}); d.From != d.To {
			found = append(found, d)
		}
	}
	return found
}

// merge applies the changes between two versions of settings to a third one.
func merge(base, want, live Settings) Settings {
	merged := live
	for _, d := range differences(&base, &want) {
		if d.Path == pathCustomDomains {
			merged.CustomDomains = mergeDomains(base.CustomDomains, want.CustomDomains, live.CustomDomains)
			continue
		}
		settingAt(d.Path).copy(&merged, &want)
	}
	return merged
}

func mergeDomains(base, want, live []string) []string {
	merged := without(live, without(base, want))
	return append(merged, without(without(want, base), merged)...)
}

// without returns the elements of list that are not in others.
func without(list, others []string) []string {
	var left []string
	for _, element := range list {
		if !slices.Contains(others, element) {
			left = append(left, element)
		}
	}
	return left
}

// applyDomains changes the custom domains that the portal owns.
func applyDomains(spec *specConfiguration, from, to []string) {
	var owned []string
	for _, domain := range spec.CustomDomains {
		owned = append(owned, string(domain))
	}
	spec.CustomDomains = nil
	for _, domain := range mergeDomains(from, to, owned) {
		spec.WithCustomDomains(v1alpha1.CustomDomain(domain))
	}
}

type limitsConfiguration = tenancyv1alpha1.LimitsApplyConfiguration

// changeLimits returns a function that changes one of the limits that the portal owns. The API server does not accept
// limits without a value.
func changeLimits[T any](change func(*limitsConfiguration, T)) func(*specConfiguration, T) {
	return func(spec *specConfiguration, value T) {
		if spec.Limits == nil {
			spec.Limits = tenancyv1alpha1.Limits()
		}
		if change(spec.Limits, value); *spec.Limits == (limitsConfiguration{}) {
			spec.Limits = nil
		}
	}
}

func nilIfZero[T comparable](v T) *T {
	var zero T
	return nilIf(zero, v)
}

// nilIf returns no value in place of the default, so that a manifest holds only what differs from it.
func nilIf[T comparable](byDefault, v T) *T {
	if v == byDefault {
		return nil
	}
	return &v
}

package portal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/web"
)

type specConfiguration = tenancyv1alpha1.TenantSpecApplyConfiguration

// setting is a field of a Tenant that staff edits.
type setting struct {
	// name is the field's in the form, and path where it stands in the spec.
	name, path string
	// label and hint stand beside it.
	label, hint string
	// kind is text, date, number, lines or choice.
	kind string
	// read writes a Tenant's value as the form has it. Empty: none.
	read func(t *v1alpha1.Tenant, held map[string]string) string
	// parse reads what was filled in, and returns what it changes, or why it cannot be.
	parse func(r *visit, value string) (change func(*specConfiguration), refusal string)
}

// settings lists them in the order of the form. What is empty is left to the Platform.
var settings = []setting{
	{
		name: "displayName", path: "displayName", label: "Title", kind: "text",
		hint:  "Shown by the blog until its owner sets one.",
		read:  func(t *v1alpha1.Tenant, _ map[string]string) string { return t.Spec.DisplayName },
		parse: parseDisplayName,
	},
	{
		name: "customDomains", path: "customDomains", label: "Custom domains", kind: "lines",
		hint: "One host name a line, such as www.alice.org. DNS has to lead them here.",
		read: readDomains, parse: parseDomains,
	},
	{
		name: "paidUntil", path: "paidUntil", label: "Paid until", kind: "date",
		hint:  "The last paid day, such as 2027-12-31. Leave it empty for the date that was given at the start.",
		read:  func(t *v1alpha1.Tenant, _ map[string]string) string { return string(t.Spec.PaidUntil) },
		parse: parsePaidUntil,
	},
	{
		name: "trial", path: "trial", label: "On trial", kind: "choice",
		hint: "The Platform may have other limits for trials.",
		read: func(t *v1alpha1.Tenant, _ map[string]string) string {
			if t.OnTrial() {
				return "yes"
			}
			return "no"
		},
		parse: func(_ *visit, value string) (func(*specConfiguration), string) {
			return func(s *specConfiguration) { s.WithTrial(value == "yes") }, ""
		},
	},
	{
		name: "posts", path: "limits.posts", label: "Posts allowed", kind: "number",
		hint:  "Leave it empty for the Platform's limit.",
		read:  readLimit(func(l *v1alpha1.Limits) *int64 { return l.Posts }),
		parse: parseLimit(64, func(l *tenancyv1alpha1.LimitsApplyConfiguration, n *int64) { l.Posts = n }),
	},
	{
		name: "storage", path: "limits.storage", label: "Storage allowed", kind: "text",
		hint: "Such as 500Mi or 2Gi. Leave it empty for the Platform's limit.",
		read: func(t *v1alpha1.Tenant, _ map[string]string) string {
			if t.Spec.Limits == nil || t.Spec.Limits.Storage == nil {
				return ""
			}
			return t.Spec.Limits.Storage.String()
		},
		parse: parseStorage,
	},
	{
		name: "requestsPerSecond", path: "limits.requestsPerSecond", label: "Requests per second allowed", kind: "number",
		hint:  "On each replica of the blog. Leave it empty for the Platform's limit.",
		read:  readLimit(func(l *v1alpha1.Limits) *int32 { return l.RequestsPerSecond }),
		parse: parseLimit(32, func(l *tenancyv1alpha1.LimitsApplyConfiguration, n *int32) { l.RequestsPerSecond = n }),
	},
}

func parseDisplayName(_ *visit, value string) (func(*specConfiguration), string) {
	if value != plainText(value) {
		return nil, "Use letters, digits, spaces and signs on one line."
	}
	return func(s *specConfiguration) {
		s.DisplayName = nil
		if value != "" {
			s.WithDisplayName(value)
		}
	}, ""
}

// readDomains lists the custom domains that nobody else has set.
func readDomains(t *v1alpha1.Tenant, held map[string]string) string {
	var free []string
	for _, domain := range t.Spec.CustomDomains {
		if held["customDomains/"+string(domain)] == "" {
			free = append(free, string(domain))
		}
	}
	return strings.Join(free, "\n")
}

func parseDomains(r *visit, value string) (func(*specConfiguration), string) {
	var hosts []v1alpha1.CustomDomain
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		host, err := naming.NormalizeHost(line)
		if err != nil {
			return nil, fmt.Sprintf("%q is no host name. Write it like www.alice.org, without https:// and without a path.", web.Shorten(line))
		}
		for _, domain := range r.Platform.Spec.Domains {
			if naming.Under(host, string(domain)) {
				return nil, fmt.Sprintf("%s is at or under %s, which is this platform's own. Name a domain of the customer's.", host, domain)
			}
		}
		if !slices.Contains(hosts, v1alpha1.CustomDomain(host)) {
			hosts = append(hosts, v1alpha1.CustomDomain(host))
		}
	}
	return func(s *specConfiguration) { s.CustomDomains = hosts }, ""
}

func parsePaidUntil(_ *visit, value string) (func(*specConfiguration), string) {
	if value == "" {
		return func(s *specConfiguration) { s.PaidUntil = nil }, ""
	}
	date := v1alpha1.Date(value)
	if _, err := date.Start(); err != nil {
		return nil, "Write a date such as 2027-12-31."
	}
	return func(s *specConfiguration) { s.WithPaidUntil(date) }, ""
}

func parseStorage(_ *visit, value string) (func(*specConfiguration), string) {
	if value == "" {
		return changeLimits(func(l *tenancyv1alpha1.LimitsApplyConfiguration) { l.Storage = nil }), ""
	}
	quantity, err := resource.ParseQuantity(value)
	if err != nil || quantity.Sign() < 0 {
		return nil, "Write an amount of 0 or more, such as 500Mi or 2Gi."
	}
	return changeLimits(func(l *tenancyv1alpha1.LimitsApplyConfiguration) { l.WithStorage(quantity) }), ""
}

func readLimit[N int32 | int64](field func(*v1alpha1.Limits) *N) func(*v1alpha1.Tenant, map[string]string) string {
	return func(t *v1alpha1.Tenant, _ map[string]string) string {
		if t.Spec.Limits == nil || field(t.Spec.Limits) == nil {
			return ""
		}
		return strconv.FormatInt(int64(*field(t.Spec.Limits)), 10)
	}
}

func parseLimit[N int32 | int64](bits int, set func(*tenancyv1alpha1.LimitsApplyConfiguration, *N)) func(*visit, string) (func(*specConfiguration), string) {
	return func(_ *visit, value string) (func(*specConfiguration), string) {
		if value == "" {
			return changeLimits(func(l *tenancyv1alpha1.LimitsApplyConfiguration) { set(l, nil) }), ""
		}
		number, err := strconv.ParseInt(value, 10, bits)
		if err != nil || number < 0 {
			return nil, "Write a whole number of 0 or more."
		}
		limit := N(number)
		return changeLimits(func(l *tenancyv1alpha1.LimitsApplyConfiguration) { set(l, &limit) }), ""
	}
}

// changeLimits changes one of the limits that the public site has set. The API server takes no empty ones.
func changeLimits(change func(*tenancyv1alpha1.LimitsApplyConfiguration)) func(*specConfiguration) {
	return func(s *specConfiguration) {
		if s.Limits == nil {
			s.Limits = tenancyv1alpha1.Limits()
		}
		change(s.Limits)
		if *s.Limits == (tenancyv1alpha1.LimitsApplyConfiguration{}) {
			s.Limits = nil
		}
	}
}

// heldSentence says why a field cannot be changed here.
func heldSentence(path, manager string) string {
	return fmt.Sprintf("%s has set it. Change spec.%s in the manifest that it applies.", manager, path)
}

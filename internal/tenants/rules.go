package tenants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

// Limits of the Tenant's schema (api/v1alpha1).
const (
	maxDisplayName   = 100 // characters
	maxCustomDomains = 20
	maxHost          = 253 // bytes
)

var maxStorage = resource.MustParse("1Pi")

func checkDisplayName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxDisplayName:
		return fmt.Sprintf("Use at most %d characters.", maxDisplayName)
	case name != "" && !naming.IsTitle(name):
		return "Use letters, digits, spaces and punctuation on one line, without invisible characters."
	}
	return ""
}

// normalizeDomain returns a custom domain in the form in which it is stored, or a sentence if text is not a domain.
func normalizeDomain(text string) (host, message string) {
	text = strings.TrimSpace(text)
	host, err := naming.NormalizeHost(text)
	// A port is part of a Host header, not of a domain; and the name of the record that verifies a domain is longer.
	if err != nil || strings.Contains(text, ":") || !strings.Contains(host, ".") || len(host) > maxHost-len(domainproof.Prefix) {
		return "", fmt.Sprintf("%.100q is not a host name. Enter one such as www.alice.org, without https:// and without a path.", text)
	}
	return host, ""
}

func parseDomains(text string) (hosts []string, message string) {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		host, message := normalizeDomain(line)
		if message != "" {
			return nil, message
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts, ""
}

func formatDomains(hosts []string) string { return strings.Join(hosts, "\n") }

func checkDomains(hosts []string) string {
	if len(hosts) > maxCustomDomains {
		return tooManyDomains
	}
	return ""
}

var tooManyDomains = fmt.Sprintf("A blog can have at most %d custom domains. Remove one first.", maxCustomDomains)

// checkDomain returns a custom domain in the form in which it is stored, or a sentence if no Tenant of the Platform can
// have it.
func checkDomain(platform *v1alpha1.Platform, text string) (host, message string) {
	if host, message = normalizeDomain(text); message != "" {
		return "", message
	}
	reserved := platform.PublicHostNames()
	for _, domain := range platform.Spec.Domains {
		reserved = append(reserved, string(domain))
	}
	for _, domain := range reserved {
		if naming.Under(host, domain) {
			return "", fmt.Sprintf("%s is at or under %s, which belongs to this site. Enter your own domain.", host, domain)
		}
	}
	return host, ""
}

func checkDate(date v1alpha1.Date) string {
	if date != "" {
		if _, err := date.Start(); err != nil {
			return "Enter a date such as 2027-12-31."
		}
	}
	return ""
}

func parseLimit[N int32 | int64](text string) (limit *N, message string) {
	if text == "" {
		return nil, ""
	}
	n, err := strconv.ParseInt(text, 10, 64)
	limit = new(N(n))
	if err != nil || int64(*limit) != n {
		return nil, wrongLimit
	}
	return limit, ""
}

func formatLimit[N int32 | int64](limit *N) string {
	if limit == nil {
		return ""
	}
	return strconv.FormatInt(int64(*limit), 10)
}

func checkLimit[N int32 | int64](limit *N) string {
	if limit != nil && *limit < 0 {
		return wrongLimit
	}
	return ""
}

const wrongLimit = "Enter a whole number of 0 or more."

func parseStorage(text string) (*resource.Quantity, string) {
	if text == "" {
		return nil, ""
	}
	quantity, err := resource.ParseQuantity(text)
	if err != nil {
		return nil, wrongStorage
	}
	return &quantity, ""
}

func formatStorage(storage *resource.Quantity) string {
	if storage == nil {
		return ""
	}
	return storage.String()
}

func checkStorage(storage *resource.Quantity) string {
	if storage == nil {
		return ""
	}
	if _, whole := storage.AsScale(0); !whole || storage.Sign() < 0 || storage.Cmp(maxStorage) > 0 {
		return wrongStorage
	}
	return ""
}

const wrongStorage = "Enter a whole number of bytes from 0 to 1Pi, such as 500Mi or 2Gi."

func parseYesOrNo(text string) (value bool, message string) { return text == "yes", "" }

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// anyValue is the check of a setting without a rule.
func anyValue[T any](T) string { return "" }

func asText[T ~string](value T) string { return string(value) }

func parseText[T ~string](text string) (T, string) { return T(text), "" }

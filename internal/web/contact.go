package web

import "strings"

// Contact is how to reach support: a mailto or an https URL. Empty: unknown.
type Contact string

// Shown returns the address for people to read, or "" if there is none.
func (c Contact) Shown() string {
	for _, scheme := range []string{"mailto:", "https://"} {
		if address, ok := strings.CutPrefix(string(c), scheme); ok {
			return strings.TrimSuffix(address, "/")
		}
	}
	return ""
}

// Link returns a link to support, or nil if there is none.
func (c Contact) Link() *Link {
	if c.Shown() == "" {
		return nil
	}
	return &Link{Address: string(c), Text: "Contact support"}
}

// Package domainproof defines how the owner of a custom domain proves that it is theirs: with a TXT record whose value is
// derived from the installation, the tenant and the host. The operator decides by it, and the public site shows it.
package domainproof

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// Prefix is prepended to a host: a TXT record of that name proves the host. It separates the record from those that
	// other programs read.
	Prefix      = "_echoblogs."
	valuePrefix = "echoblogs-verification="

	// Timeout bounds one lookup.
	Timeout = 5 * time.Second
	// Grace is how long the record may be absent before the host is released.
	Grace = 7 * 24 * time.Hour

	valueBytes = 16
)

// Record is the TXT record that proves a host.
type Record struct{ Name, Value string }

// RecordOf returns the record by which a tenant of an installation proves a host. A later tenant of the same name has
// another id, and so another record.
func RecordOf(installation string, tenantID int64, host string) Record {
	hash := sha256.New()
	for _, input := range []string{"echoblogs-domain", installation, strconv.FormatInt(tenantID, 10), host} {
		fmt.Fprintf(hash, "%d:%s,", len(input), input) // with their lengths, no two lists of inputs are the same text
	}
	value := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)[:valueBytes])
	return Record{Name: Prefix + host, Value: valuePrefix + strings.ToLower(value)}
}

// Resolver looks up TXT records. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// NewResolver returns a resolver that queries the DNS server at HOST:PORT, or the system's resolver if server is empty.
func NewResolver(server string) Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server)
	}}
}

// Answer is what DNS says about a record.
type Answer string

// The answers. Only Missing and Differs say that the record is absent.
const (
	// Present says that the record has the right value.
	Present Answer = "Present"
	// Missing says that there is no TXT record of that name.
	Missing Answer = "Missing"
	// Differs says that the TXT records of that name have other values.
	Differs Answer = "Differs"
	// Silent says that the DNS servers did not answer, or failed.
	Silent Answer = "Silent"
)

// Absent reports whether the answer says that the record does not exist with the right value.
func (a Answer) Absent() bool { return a == Missing || a == Differs }

// LookUp looks up the record. It takes at most Timeout.
func (r Record) LookUp(ctx context.Context, resolver Resolver) Answer {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	values, err := resolver.LookupTXT(ctx, r.Name+".") // absolute: no search domain is appended
	var failure *net.DNSError
	switch {
	case errors.As(err, &failure) && failure.IsNotFound && !failure.IsTemporary && !failure.IsTimeout:
		return Missing
	case err != nil:
		return Silent
	case slices.ContainsFunc(values, func(value string) bool { return strings.TrimSpace(value) == r.Value }):
		return Present
	}
	return Differs
}

package signup

import (
	"context"
	"errors"
	"fmt"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// Names are the names that a registration takes.
type Names struct {
	// Username is also the name of the Tenant.
	Username string
	// Schema and Host are the Tenant's.
	Schema, Host string
	// Email is the user's address.
	Email string
}

// Conflicts are the names that are not available.
type Conflicts struct {
	// Username is set if the user name, the schema or the host is in use, or reserved for the data of a deleted tenant.
	// A name that is only held for a minute after its release is available. A user name that owns a Tenant is in use even
	// without an account: otherwise anyone could sign up with it and take over the blog.
	Username bool
	// Email is set if another account has the address.
	Email bool
	// RollingBack is set if a registration that is being rolled back still has one of the names.
	RollingBack bool
}

// CheckAvailability returns which names are not available, as far as the database and the cache of Tenants know.
func (s *Service) CheckAvailability(ctx context.Context, n Names) (Conflicts, error) {
	var c Conflicts
	err := s.db.QueryRow(ctx, `SELECT
			EXISTS (SELECT FROM public.users WHERE username = $1)
			OR EXISTS (SELECT FROM public.registrations WHERE username = $1 AND state IN ('confirming', 'provisioning', 'rolling_back'))
			OR `+tenancy.NameTakenSQL+`,
			EXISTS (SELECT FROM public.users WHERE email_key = $4),
			EXISTS (SELECT FROM public.registrations r LEFT JOIN public.users u ON u.id = r.user_id
				WHERE r.state = 'rolling_back' AND (r.username = $1 OR u.email_key = $4))`,
		n.Username, n.Schema, n.Host, naming.EmailKey(n.Email)).Scan(&c.Username, &c.Email, &c.RollingBack)
	if err != nil {
		return Conflicts{}, fmt.Errorf("check availability of %s: %w", n.Username, err)
	}
	_, err = s.tenants.Get(ctx, n.Username)
	switch {
	case err == nil:
		c.Username = true
	case !errors.Is(err, tenants.ErrNotFound):
		return Conflicts{}, err
	}
	return c, nil
}

// CheckUsername returns a sentence that says why a user name cannot be used to sign up, or "". It is for
// pages that suggest a name. The answers are limited by network address: they also tell which accounts exist, as the form
// does. It may return a *ratelimit.ExceededError.
func (s *Service) CheckUsername(ctx context.Context, username, address string) (refusal string, err error) {
	platform, err := s.tenants.Platform(ctx)
	if err != nil {
		return "", err
	}
	if err := ratelimit.Take(ctx, s.db, namesPerHour, address, s.now()); err != nil {
		return "", err
	}
	return s.usernameRefusal(ctx, normalizeUsername(username), platform)
}

// AddressCheck says whether people can sign up for a blog at an address.
type AddressCheck struct {
	// Free reports whether they can.
	Free bool
	// Sentence says so, or what is wrong and which other name is free.
	Sentence string
}

// CheckAddress is CheckUsername for a form that says, while a name is typed, whether the address of the blog is free.
func (s *Service) CheckAddress(ctx context.Context, username, address string) (AddressCheck, error) {
	platform, err := s.tenants.Platform(ctx)
	if err != nil {
		return AddressCheck{}, err
	}
	refusal, err := s.CheckUsername(ctx, username, address)
	if err != nil {
		return AddressCheck{}, err
	}
	username = normalizeUsername(username)
	host := namesOf(username, "", platform).Host
	switch refusal {
	case "":
		return AddressCheck{Free: true, Sentence: host + " is free"}, nil
	case sentenceNameTaken:
	default:
		return AddressCheck{Sentence: refusal}, nil
	}
	check := AddressCheck{Sentence: host + " is taken."}
	other := username + "-writes"
	if refusal, err = s.usernameRefusal(ctx, other, platform); err != nil {
		return AddressCheck{}, err
	}
	if refusal == "" {
		check.Sentence += " " + other + " is free."
	}
	return check, nil
}

// usernameRefusal returns a sentence that says why a user name cannot be used to sign up, or "".
func (s *Service) usernameRefusal(ctx context.Context, username string, platform *v1alpha1.Platform) (string, error) {
	if checkUsername(withHyphens(username), false) != "" { // it may be no text that Postgres knows
		return checkUsername(username, false), nil
	}
	conflicts, err := s.CheckAvailability(ctx, namesOf(withHyphens(username), "", platform))
	if err != nil {
		return "", err
	}
	switch refusal := checkUsername(username, conflicts.Username); {
	case refusal != "":
		return refusal, nil
	case conflicts.RollingBack:
		return sentenceRollingBack, nil
	case conflicts.Username:
		return sentenceNameTaken, nil
	}
	return "", nil
}

// namesPerHour limits how many suggested names one network may see checked in an hour.
var namesPerHour = newLimit("register-name", 300)

// namesOf returns the names that a sign-up on a Platform takes.
func namesOf(username, email string, platform *v1alpha1.Platform) Names {
	return Names{Username: username, Schema: naming.Schema(username), Host: username + "." + string(platform.Spec.Domains[0]), Email: email}
}

package signup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// Request is a request to sign up.
type Request struct {
	// Username, Email and Password are the account's. The user name is also the name of the blog.
	Username, Email, Password string
	// RepeatedPassword must equal Password. nil: not checked.
	RepeatedPassword *string
	// Code is a registration code, for a Platform that requires one.
	Code string
	// Address is the network address that the rate limits count.
	Address string
}

// Start signs a person up. It returns the registration once it is live, or after Options.Patience even if it is not; the
// token identifies the browser to Progress and RedeemToken. The error is a *ValidationError, ErrClosed, a
// *ratelimit.ExceededError or ErrUnavailable, or one of the database or the Platform.
func (s *Service) Start(ctx context.Context, request Request) (r Registration, token string, err error) {
	s.metrics.count("started", "")
	defer func() { err = s.countRefused(ctx, request, err) }()
	platform, err := s.tenants.Platform(ctx)
	if err != nil {
		return r, "", err
	}
	if platform.RegistrationMode() == v1alpha1.RegistrationClosed {
		return r, "", ErrClosed
	}
	request.Username = normalizeUsername(request.Username)
	request.Email, request.Code = naming.ASCIIEmail(request.Email), strings.TrimSpace(request.Code)
	if platform.RegistrationMode() != v1alpha1.RegistrationInvite {
		request.Code = ""
	}
	if err := s.validate(ctx, request, platform); err != nil {
		return r, "", err
	}
	if err := ratelimit.Take(ctx, s.db, s.perHour, request.Address, s.now()); err != nil {
		return r, "", err
	}
	defer func() {
		if err != nil { // the request did not cause the error
			s.refund(ctx, request)
		}
	}()
	if r, token, err = s.insert(ctx, request); err != nil {
		return r, "", conflictError(err)
	}

	// Closing the page does not cancel the sign-up.
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), advanceTimeout)
	defer cancel()
	changes, stop := s.Watch(r.ID)
	defer stop()
	r.fresh = true
	switch err := s.advance(detached, &r); {
	case errors.Is(err, ErrUnavailable):
		return r, "", err
	case err != nil:
		s.logFailure(ctx, "Registration not advanced: it will be retried", &r, err)
	}
	s.wait(detached, &r, changes)
	if r.State == RollingBack || r.State == Failed {
		return r, "", r.Failure.validationError()
	}
	return r, token, nil
}

// insert inserts a registration and its user.
func (s *Service) insert(ctx context.Context, request Request) (Registration, string, error) {
	hash, err := s.hasher.Hash(ctx, request.Address, request.Password)
	if err != nil {
		return Registration{}, "", fmt.Errorf("hash password: %w", err)
	}
	now := s.now() // the password may have waited for its turn
	user := account.User{
		Username: request.Username, Email: request.Email, PasswordHash: hash, Role: account.Author, State: account.Registering, CreatedAt: now,
	}
	state := Provisioning
	if s.confirmFirst {
		state = Confirming
		defer s.mailQueued()
	}
	return insertRegistration(ctx, s.db, user, state, request.Code, now, now.Add(leaseTime))
}

// wait waits until a registration has left the state Provisioning, but at most for s.patience.
func (s *Service) wait(ctx context.Context, r *Registration, changes <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	for r.State == Provisioning {
		select {
		case <-changes:
		case <-ctx.Done():
			return
		}
		latest, err := registrationByID(ctx, s.db, r.ID)
		if err != nil {
			s.logFailure(ctx, "Registration not read", r, err)
			return
		}
		*r = latest
	}
}

// countRefused counts a request that was refused, in the metrics and, if it was invalid, for the rate limit. It returns
// the error of the request, or a *ratelimit.ExceededError if there were too many.
func (s *Service) countRefused(ctx context.Context, request Request, err error) error {
	var (
		invalid  *ValidationError
		exceeded *ratelimit.ExceededError
	)
	if errors.As(err, &invalid) {
		s.metrics.count("refused", invalid.Fields[0].Field)
		if limit := ratelimit.Take(ctx, s.db, s.refusedPerHour, request.Address, s.now()); limit != nil {
			err = limit
		}
	}
	if errors.As(err, &exceeded) {
		s.metrics.count("refused", "rate_limit")
	}
	if errors.Is(err, ErrClosed) {
		s.metrics.count("refused", "closed")
	}
	return err
}

// refund returns an attempt to the rate limit.
func (s *Service) refund(ctx context.Context, request Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := ratelimit.Refund(ctx, s.db, s.perHour, request.Address); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "Failed sign-up not refunded to the rate limit", slog.String("cause", postgres.LogText(err)))
	}
}

// newLimit returns a rate limit by network address.
func newLimit(kind string, perHour int) ratelimit.Limit {
	return ratelimit.Limit{Kind: kind, Free: perHour, Window: time.Hour}
}

package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

const (
	// leaseTime is for how long a registration is one replica's, and workTimeout, which is less, how long that one works
	// on it at a time.
	leaseTime   = 25 * time.Second
	workTimeout = 15 * time.Second
	// patience is how long the answer to a form waits for the blog.
	patience = 2 * time.Second
	// writeTimeout bounds the note of what came of a registration when the time for the rest is over.
	writeTimeout = 5 * time.Second
)

// cause is why a registration failed: for the metrics, and for the person.
type cause struct{ name, sentence string }

var (
	causeTaken       = cause{"taken", "This name was taken by somebody else in this moment: choose another one."}
	causeDeleted     = cause{"deleted", "The blog was deleted while it was being made. Nothing is left of it: you can register again."}
	causeRefused     = cause{"refused", "The site was not able to make this blog. Nothing is left of it: tell those who run the site, or try another name."}
	causeAway        = cause{"away", "The site could not make blogs in that moment. Nothing is left of it: you can register again."}
	causeInterrupted = cause{"interrupted", "The registration was interrupted. Nothing is left of it: you can register again."}
	causeUnconfirmed = cause{"unconfirmed", "The email address was not confirmed in time. Nothing is left of the registration: you can register again."}
)

// provisionNow makes the Tenant of a registration and waits a moment for it to be live. The registration's state tells
// what has come of it. An error, which is a *failure, says that the Tenant could not be made and that the registration is
// being taken back.
func (p *Portal) provisionNow(ctx context.Context, r *signup.Registration) error {
	changes, done := p.tenants.Watch(r.Username)
	defer done()
	if err := p.createTenant(ctx, r); err != nil {
		return p.abandon(ctx, r, err)
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for waiting.Err() == nil {
		if tenant, err := p.tenants.Get(ctx, r.Username); err == nil && tenants.RegistrationID(tenant) == r.ID {
			if err := p.judge(ctx, r, tenant); err != nil {
				p.logWork(ctx, r, err) // the sweeper, or the page that shows the steps, goes on
				break
			}
		}
		if r.State != signup.Provisioning {
			break
		}
		select {
		case <-changes:
		case <-waiting.Done():
		}
	}
	if r.State == signup.Undoing {
		if err := p.takeBack(ctx, r); err != nil {
			p.logWork(ctx, r, err)
		}
	}
	p.release(ctx, r)
	return nil
}

// abandon gives a registration up whose Tenant could not be made because the API server is away. Where the note of it
// fails too, the sweeper finds a registration without a Tenant, which it gives up as well.
func (p *Portal) abandon(ctx context.Context, r *signup.Registration, why error) error {
	p.logWork(ctx, r, why)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := p.giveUp(ctx, r, causeAway); err != nil {
		p.logWork(ctx, r, err)
	}
	p.release(ctx, r)
	return &failure{
		status: http.StatusServiceUnavailable, title: "The site cannot make blogs right now",
		lead:  "Your registration was given up, and nothing of it is kept: neither an account nor a blog.",
		steps: []string{"Try again in a minute or two."}, retryAfter: time.Minute,
	}
}

// advance takes a registration as far as it goes now. It works from the row and the Tenant alone, so that whoever comes
// after a crash or a lost answer goes on where the last one was. The caller has leased the registration.
func (p *Portal) advance(ctx context.Context, r *signup.Registration) error {
	var err error
	switch r.State {
	case signup.Confirming:
		if r.Confirmed { // and a crash has kept from it who noted that
			_, err = signup.ProvisionConfirmed(ctx, p.db, r.UserID, p.now())
		} else if p.now().Sub(r.CreatedAt) >= account.UnconfirmedLife {
			err = p.giveUp(ctx, r, causeUnconfirmed)
		}
	case signup.Provisioning:
		err = p.provision(ctx, r)
	}
	if err == nil && r.State == signup.Undoing {
		err = p.takeBack(ctx, r)
	}
	return err
}

// provision brings a registration that is being provisioned to where its Tenant is.
func (p *Portal) provision(ctx context.Context, r *signup.Registration) error {
	tenant, err := p.registered(ctx, r)
	switch {
	case errors.Is(err, tenants.ErrNotFound) && r.Confirmed:
		return p.createTenant(ctx, r)
	case errors.Is(err, tenants.ErrNotFound):
		// Who sent the form was told that it failed, or nothing: only they could try again by their name.
		return p.giveUp(ctx, r, causeInterrupted)
	case err != nil:
		return err
	}
	return p.judge(ctx, r, tenant)
}

// registered returns the Tenant of a registration's name: as it was last seen where it is the registration's own, and
// otherwise as the API server has it.
func (p *Portal) registered(ctx context.Context, r *signup.Registration) (*v1alpha1.Tenant, error) {
	tenant, err := p.tenants.Get(ctx, r.Username)
	if err == nil && tenants.RegistrationID(tenant) == r.ID {
		return tenant, nil
	}
	return p.tenants.GetLive(ctx, r.Username)
}

// createTenant makes the Tenant of a registration. It returns an error when the API server is away; what it refuses is
// given up.
func (p *Portal) createTenant(ctx context.Context, r *signup.Registration) error {
	_, err := p.tenants.Create(ctx, tenants.NewTenant{
		Name: r.Username, Owner: v1alpha1.TenantOwner{Username: r.Username, Email: r.Email}, RegistrationID: r.ID,
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tenants.ErrExists): // our own, when an answer was lost
		tenant, err := p.tenants.GetLive(ctx, r.Username)
		if err != nil {
			return err
		}
		return p.judge(ctx, r, tenant)
	case errors.Is(err, tenants.ErrUnavailable):
		return err
	}
	p.logWork(ctx, r, err)
	return p.giveUp(ctx, r, causeRefused)
}

// judge decides by the Tenant of a registration's name what becomes of the registration. One that takes long stays as it
// is.
func (p *Portal) judge(ctx context.Context, r *signup.Registration, tenant *v1alpha1.Tenant) error {
	switch {
	case tenants.RegistrationID(tenant) != r.ID, tenants.HasNameConflict(tenant):
		return p.giveUp(ctx, r, causeTaken)
	case !tenant.DeletionTimestamp.IsZero():
		return p.giveUp(ctx, r, causeDeleted)
	case !tenants.IsReady(tenant):
		return nil
	}
	now := p.now()
	if err := signup.Activate(ctx, p.db, r, now); err != nil {
		return err
	}
	p.outbox.Wake()
	p.countRegistration("live", "")
	p.metrics.timeToLive.Observe(now.Sub(r.UpdatedAt).Seconds())
	return nil
}

func (p *Portal) giveUp(ctx context.Context, r *signup.Registration, why cause) error {
	if err := signup.GiveUp(ctx, p.db, r, why.sentence, p.now()); err != nil {
		return err
	}
	p.countRegistration("failed", why.name)
	return nil
}

// takeBack deletes what was made of a registration: the Tenant with its data, then the user. It returns nil when it has
// to wait for the Tenant to be gone.
func (p *Portal) takeBack(ctx context.Context, r *signup.Registration) error {
	tenant, err := p.tenants.GetLive(ctx, r.Username)
	if err != nil && !errors.Is(err, tenants.ErrNotFound) {
		return err
	}
	if err == nil && tenants.RegistrationID(tenant) == r.ID {
		return p.tenants.Discard(ctx, tenant)
	}
	return signup.Undone(ctx, p.db, r, p.now())
}

// resume works on a registration unless it is over or somebody else does.
func (p *Portal) resume(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, workTimeout)
	defer cancel()
	now := p.now()
	r, err := signup.LeaseRegistration(ctx, p.db, id, now, now.Add(leaseTime))
	switch {
	case errors.Is(err, account.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	err = p.advance(ctx, &r)
	p.release(ctx, &r)
	return err
}

// release lets others work on a registration. Where it fails, they do so when the lease is over.
func (p *Portal) release(ctx context.Context, r *signup.Registration) {
	if r.State == signup.Live || r.State == signup.Failed {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := signup.ReleaseRegistration(ctx, p.db, r.ID, p.now()); err != nil {
		p.logWork(ctx, r, err)
	}
}

// confirmed goes on with what waited for a user's address to be confirmed, which it has been.
func (p *Portal) confirmed(ctx context.Context, userID int64) error {
	id, err := signup.ProvisionConfirmed(ctx, p.db, userID, p.now())
	switch {
	case errors.Is(err, account.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := p.resume(context.WithoutCancel(ctx), id); err != nil {
		p.log.LogAttrs(ctx, slog.LevelWarn, "A confirmed registration goes on later", slog.String("registration", id), slog.String("cause", causeOf(err)))
	}
	return nil
}

func (p *Portal) logWork(ctx context.Context, r *signup.Registration, err error) {
	p.log.LogAttrs(ctx, slog.LevelWarn, "Work on a registration failed", slog.String("registration", r.ID),
		slog.String("username", r.Username), slog.String("state", string(r.State)), slog.String("cause", causeOf(err)))
}

package portal

import (
	"context"
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/portal/member"
	"github.com/echoblogs/echoblogs/internal/portal/public"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/portal/staff"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// addPages sets the handler of the site.
func (p *Portal) addPages() error {
	o, log := p.options, p.options.Log
	base, err := site.New(site.Options{
		Tenants: p.tenants, Check: p.installation.Check, Accounts: p.accounts, CheckUsername: p.signup.CheckUsername, HasTenant: p.hasTenant,
		TrustedProxies: o.TrustedProxies, Log: log, Now: o.Now,
	})
	if err != nil {
		return err
	}
	forVisitors, err := public.New(base, public.Options{SignUp: p.signup, Accounts: p.accounts, Log: log})
	if err != nil {
		return err
	}
	auditLog := audit.NewLog(p.db, o.Now)
	forMembers, err := member.New(base, member.Options{
		Tenants: p.tenants, Domains: p.domains, Deletions: tenants.NewDeletions(p.tenants, p.db, auditLog, o.Now), Accounts: p.accounts, Log: log,
	})
	if err != nil {
		return err
	}
	registry := tenancy.NewReader(p.db)
	forStaff, err := staff.New(base, staff.Options{
		Tenants: p.tenants, Changes: tenants.NewStaff(p.tenants, p.db, auditLog, o.Now), Registry: registry,
		Accounts: p.accounts, SignUp: p.signup, Audit: auditLog, Log: log,
		// The public site may not read Ingresses and Secrets.
		Explain: explain.Sources{
			Namespace: o.Namespace, Platform: o.Platform, Objects: p.tenants.Objects(), Now: o.Now,
			Database: func(context.Context, *v1alpha1.Platform) (explain.Database, error) {
				return explain.Database{Registry: registry, Audit: auditLog}, nil
			},
		},
	})
	if err != nil {
		return err
	}
	home := site.Routes{"GET /{$}": func(w http.ResponseWriter, r *site.Request) error {
		if r.User == nil {
			return forVisitors.Landing(w, r)
		}
		return forMembers.Home(w, r)
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", web.Live)
	mux.Handle("GET /readyz", &web.Readiness{Check: p.missing})
	handler := base.Register(mux, home, forVisitors.Routes(), forMembers.Routes(), forStaff.Routes())
	p.observer.Log, p.observer.AccessLog, p.observer.Identify, p.observer.Panicked = log, o.AccessLog, true, base.Panicked
	p.handler = p.observer.Wrap(handler)
	return nil
}

// hasTenant reports whether a host belongs to a live tenant.
func (p *Portal) hasTenant(ctx context.Context, host string) (bool, error) {
	_, err := tenancy.NewReader(p.db).FindByHost(ctx, host)
	if errors.Is(err, tenancy.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

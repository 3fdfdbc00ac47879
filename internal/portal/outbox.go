package portal

import (
	"context"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

// newOutbox returns the worker that sends this site's emails.
func (p *Portal) newOutbox() *outbox.Worker {
	objects := p.tenants
	worker := outbox.NewWorker(p.db, outbox.Options{
		Ready: func(ctx context.Context) bool {
			_, err := objects.Platform(ctx)
			return err == nil && p.installation.Check(ctx) == nil
		},
		Log: p.options.Log, Now: p.options.Now,
	})
	sender := mail.Sender{
		Transport: p.options.Mailer, People: p.accounts, Tokens: p.accounts,
		Site: func(ctx context.Context) (mail.Site, error) {
			platform, err := objects.Platform(ctx)
			if err != nil {
				return mail.Site{}, err
			}
			return mail.Site{URL: site.URL(platform, ""), Contact: web.Contact(platform.Spec.Contact).Shown()}, nil
		},
		BlogURL: func(ctx context.Context, name string) string {
			tenant, err := objects.Get(ctx, name)
			if err != nil {
				return ""
			}
			return tenant.Status.URL
		},
	}
	sender.Register(worker)
	return worker
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// blog is the blog of a Tenant, to be written.
type blog struct {
	name string
	// url is where readers find it. Empty: nowhere yet.
	url      string
	db       *postgres.Pool
	row      tenancy.Tenant
	settings settings.Stored
}

// openBlog finds the blog of a Tenant. The caller closes its database.
func openBlog(ctx context.Context, flags *clusterFlags, name string) (*blog, error) {
	cluster, err := flags.connect()
	if err != nil {
		return nil, err
	}
	tenant, err := cluster.Tenant(ctx, name)
	if err != nil {
		return nil, err
	}
	platform, err := cluster.Platform(ctx, tenant.PlatformName())
	if err != nil {
		return nil, err
	}
	db, err := cluster.Database(ctx, platform)
	if err != nil {
		return nil, err
	}
	b := &blog{name: name, url: tenant.Status.URL, db: db}
	if err := b.read(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return b, nil
}

// read reads the row and the settings.
func (b *blog) read(ctx context.Context) error {
	row, err := tenancy.NewReader(b.db).Find(ctx, b.name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound) || err == nil && row.State != tenancy.StateLive:
		return fmt.Errorf("the Tenant %q has no blog yet; \"kubectl get tenant %s -o wide\" says why", b.name, b.name)
	case err != nil:
		return fmt.Errorf("find the blog of %s: %s", b.name, postgres.LogText(err))
	}
	b.row = row
	if b.settings, err = settings.NewStore(row.SchemaName).Load(ctx, b.db); err != nil {
		return fmt.Errorf("read the settings of the blog of %s: %s", b.name, postgres.LogText(err))
	}
	return nil
}

// save saves a document as the post with its slug, and prints what that did.
func (b *blog) save(ctx context.Context, out io.Writer, r post.SaveRequest) error {
	r.Overwrite, r.SmartPunctuation, r.Zone, r.Now = true, b.settings.SmartPunctuation, b.settings.Location(), time.Now()
	r.Quota = post.Quota{MaxPosts: b.row.Limits.MaxPosts, MaxStorageBytes: b.row.Limits.MaxStorageBytes}
	saved, err := post.NewStore(b.row.SchemaName).Save(ctx, b.db, r)
	var (
		invalid *post.InvalidError
		full    *post.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &full):
		return full
	case errors.Is(err, post.ErrSlugRedirects):
		return fmt.Errorf("the address of the post leads to another post of %s, which had it before: choose another slug", b.name)
	case err != nil:
		return fmt.Errorf("save the post in the blog of %s: %s", b.name, postgres.LogText(err))
	}
	fmt.Fprintf(out, "%s %s", saved.Outcome, cmp.Or(r.Document.Title, saved.Slug))
	if b.url != "" && !r.Document.Draft && !r.Unpublished {
		fmt.Fprintf(out, ": %s/%s/", b.url, saved.Slug)
	}
	fmt.Fprintln(out)
	for _, note := range saved.Notes {
		fmt.Fprintf(out, "Line %d of the text: %s\n", note.Line, note.Sentence)
	}
	return nil
}

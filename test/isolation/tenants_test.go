package isolation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// world is a Platform with an operator and two replicas of the blog, and a ledger of its hosts.
type world struct {
	*stack.Platform
	*ledger
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Platform: stack.New(t), ledger: newLedger()}
	w.StartOperator()
	w.WaitReady()
	for replica := range w.Blogs {
		w.StartBlog(replica)
	}
	return w
}

// pageOfPosts is more posts than the blog shows on one page.
const pageOfPosts = 12

// settle creates the Tenant of an owner, waits for it, and writes its posts. Every page shows the token, because it is also
// part of the title of the blog.
func (w *world) settle(ctx context.Context, o owner, edits ...func(*v1alpha1.Tenant)) error {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: o.tenant}}
	tenant.Spec.DisplayName = o.title()
	tenant.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
	for _, edit := range edits {
		edit(tenant)
	}
	w.allow(primary(o.tenant), o)
	for _, host := range tenant.Spec.CustomDomains {
		w.allow(string(host), o)
	}
	if err := errors.Join(w.Create(ctx, tenant), w.AwaitReady(ctx, o.tenant)); err != nil {
		return err
	}
	schema := tenant.Spec.SchemaName
	if schema == "" {
		schema = naming.Schema(o.tenant)
	}
	return w.write(ctx, o, schema)
}

// write saves the posts of an owner into a schema, as an administrator: saving reads the registry, which the blog's role
// may not be allowed to.
func (w *world) write(ctx context.Context, o owner, schema string) error {
	store := post.NewStore(schema)
	ctx, cancel := context.WithTimeout(ctx, platformtest.Patience)
	defer cancel()
	for i := range pageOfPosts {
		slug := fmt.Sprintf("more-%d", i)
		switch i {
		case 0:
			slug = "only-" + o.tenant
		case 1:
			slug = "hello"
		}
		document := post.Document{Slug: slug, Title: "A post with " + o.token, Author: o.token, Content: "The words of " + o.token + "."}
		if _, err := store.Save(ctx, w.Admin, post.SaveRequest{Document: document, Overwrite: true, Now: time.Now()}); err != nil {
			return fmt.Errorf("write a post of %s: %w", o.tenant, err)
		}
	}
	return nil
}

func primary(tenant string) string { return tenant + "." + stack.Domain }

// awaitStatus waits until both replicas respond for a host with a status and a tenant, which may be "".
func (w *world) awaitStatus(ctx context.Context, host string, status int, tenant string) error {
	return w.Await(ctx, fmt.Sprintf("both replicas respond with %d for %s", status, host), func(ctx context.Context) error {
		for _, address := range w.Blogs {
			answer, err := stack.Get(ctx, address, host, "/")
			if err != nil {
				return err
			}
			if answer.Status != status || answer.Tenant != tenant {
				return fmt.Errorf("%s responds with %d for tenant %q", address, answer.Status, answer.Tenant)
			}
		}
		return nil
	})
}

// leave waits until no replica shows an owner under a host that it has released.
func (w *world) leave(ctx context.Context, host string, o owner) error {
	err := w.awaitStatus(ctx, host, http.StatusNotFound, "")
	w.forbid(host, o)
	return err
}

// age ends the hold on the names of a host's previous owner. By then no replica has that owner in its snapshot, which is
// what the hold waits for.
func (w *world) age(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, platformtest.Patience)
	defer cancel()
	const past = `released_at - interval '2 minutes'`
	for _, sql := range []string{
		`UPDATE public.tenants SET released_at = ` + past + ` WHERE id = (SELECT tenant_id FROM public.domains WHERE host = $1) AND released_at IS NOT NULL`,
		`UPDATE public.domains SET released_at = ` + past + ` WHERE host = $1 AND released_at IS NOT NULL`,
	} {
		if _, err := w.Admin.Exec(ctx, sql, host); err != nil {
			return fmt.Errorf("end the hold on %s: %w", host, err)
		}
	}
	return nil
}

// remove deletes a Tenant and waits until no replica shows it.
func (w *world) remove(ctx context.Context, o owner) error {
	if err := w.Delete(ctx, o.tenant); err != nil {
		return err
	}
	return errors.Join(w.AwaitGone(ctx, o.tenant), w.leave(ctx, primary(o.tenant), o))
}

// quote shows the beginning of a request.
func quote(text string) string {
	const most = 300
	if len(text) > most {
		return fmt.Sprintf("%q… and %d bytes more", text[:most], len(text)-most)
	}
	return fmt.Sprintf("%q", strings.TrimSpace(text))
}

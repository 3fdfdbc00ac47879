//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// testCatchAll lets the public site catch all hosts, and then takes the blog, the operator and a Tenant's Ingress away. The
// public site says that this blog is unavailable, and does not offer its name.
func (p *product) testCatchAll() {
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"routing":{"catchAll":true}}}`)
	b := p.browser()
	p.wait("the public site catches all hosts", func(ctx context.Context) error {
		page, err := b.get(ctx, p.blog("vacant")+"/")
		return errors.Join(err, page.want(http.StatusNotFound, "There is no blog at this address"))
	})
	p.kubectl("scale", "deployment/echoblogs-operator", "--replicas=0") // which would create the Ingress again
	p.wait("no operator runs", func(context.Context) error {
		if pods := p.pods("operator"); pods != "" {
			return fmt.Errorf("there are %s", pods)
		}
		return nil
	})
	p.scaleBlog(0)
	p.kubectl("delete", "ingress", "--selector=tenancy.echoblogs.io/tenant=t3")
	p.wait("the public site answers for the blog", func(ctx context.Context) error {
		page, err := b.get(ctx, p.blog("t3")+"/")
		if err != nil {
			return err
		}
		if page.status != http.StatusServiceUnavailable || strings.Contains(page.text, "/register/?") {
			p.t.Fatalf("without its route, the blog answers %d:\n%.2000s", page.status, page.text)
		}
		return page.want(http.StatusServiceUnavailable, "This blog is temporarily unavailable")
	})
	page, err := b.get(p.t.Context(), p.blog("t3")+"/a-post/")
	if err := errors.Join(err, page.want(http.StatusServiceUnavailable, "This blog is temporarily unavailable")); err != nil {
		p.t.Fatal(err)
	}
	if after := page.header.Get("Retry-After"); after != "10" {
		p.t.Errorf("Retry-After is %q", after)
	}

	p.kubectl("scale", "deployment/echoblogs-operator", "--replicas=2")
	p.scaleBlog(2)
	p.waitStatus(b, p.blog("t3")+"/", http.StatusOK)
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"routing":{"catchAll":null}}}`)
	p.wait("the public site does not catch all hosts any more", func(ctx context.Context) error {
		page, err := b.get(ctx, p.blog("vacant")+"/")
		if err == nil && strings.Contains(page.text, "There is no blog at this address") {
			return errors.New("it does")
		}
		return err
	})
	p.kubectl("rollout", "status", "deployment/echoblogs-operator", "--timeout=90s")
	p.kubectl("wait", "--for=condition=Ready", "--timeout=90s", "platform/default")
	p.waitReady()
}

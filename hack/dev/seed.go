package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// seededFile is there once the sample Tenants have had their posts. From then on
// Tenants and posts are the user's own, also where the user has deleted them.
const seededFile = "seeded"

// seed applies the sample Tenants and gives each its posts.
func (d *demo) seed(ctx context.Context) error {
	d.progress.say("Applying the Tenants alice and bob, and waiting until they are Ready")
	for _, name := range []string{"alice", "bob"} {
		manifest := filepath.Join(samples, "tenancy_v1alpha1_tenant_"+name+".yaml")
		if _, err := d.kubectl.run(ctx, "", "apply", "--server-side", "--filename="+manifest); err != nil {
			return err
		}
	}
	if _, err := d.kubectl.run(ctx, "", "wait", "--for=condition=Ready", "--timeout=120s", "tenant/alice", "tenant/bob"); err != nil {
		return err
	}
	d.progress.say("Writing their first posts")
	for _, name := range []string{"alice", "bob"} {
		files, err := filepath.Glob(filepath.Join("hack", "dev", "posts", name, "*.md"))
		if err != nil {
			return fmt.Errorf("looking for the posts of %s: %w", name, err)
		}
		slices.Sort(files)
		for _, file := range files {
			if _, err := d.kubectl.run(ctx, "", "echoblogs", "post", name, file); err != nil {
				return err
			}
		}
	}
	return d.state.write(seededFile, "")
}

// waitUntilServed returns when the pages of all Tenants that are Ready answer. A
// later start finds Tenants whose status still tells of the last run, so it is
// the pages that count.
func (d *demo) waitUntilServed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tenants, err := d.tenants(ctx)
	if err != nil {
		return err
	}
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for _, tenant := range tenants {
		for meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady) && len(tenant.Status.Hosts) > 0 {
			// As a browser does: by way of the router.
			status, err := status(ctx, fmt.Sprintf("http://127.0.0.1:%d/", d.port), tenant.Status.Hosts[0])
			if err == nil && (status == http.StatusOK || status == http.StatusPaymentRequired) {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("the blog of %s does not answer (last: %d); see %s", tenant.Name, status, d.state.logs())
			case <-retry.C:
			}
		}
	}
	return nil
}

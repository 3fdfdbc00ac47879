package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// seededFile exists once the sample Tenants have their posts. From then on Tenants
// and posts belong to the user, who may also have deleted them.
const seededFile = "seeded"

// seed applies the sample Tenants, gives each its posts, and creates accounts.
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
			return fmt.Errorf("look for the posts of %s: %w", name, err)
		}
		slices.Sort(files)
		for _, file := range files {
			if _, err := d.kubectl.run(ctx, "", "echoblogs", "post", name, file); err != nil {
				return err
			}
		}
	}
	if err := d.createAccounts(ctx); err != nil {
		return err
	}
	return d.state.write(seededFile, "")
}

// waitUntilServed returns when every Ready Tenant has the current port in its
// status and responds there. After a restart, the status may still have the port of
// the previous run.
func (d *demo) waitUntilServed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		problem, err := d.firstNotServed(ctx)
		if err != nil {
			return err
		}
		if problem == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s; see %s", problem, d.state.logs())
		case <-retry.C:
		}
	}
}

// firstNotServed describes the problem of the first Ready Tenant that is not served
// at the current port. It returns "" if there is none.
func (d *demo) firstNotServed(ctx context.Context) (problem string, err error) {
	tenants, err := d.tenants(ctx)
	if err != nil {
		return "", err
	}
	for _, tenant := range tenants {
		if !meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady) || len(tenant.Status.Hosts) == 0 {
			continue
		}
		if !strings.HasSuffix(tenant.Status.URL, fmt.Sprintf(":%d", d.port)) {
			return fmt.Sprintf("the status of %s still has the address of the previous run, %s", tenant.Name, tenant.Status.URL), nil
		}
		// Through the router, as a browser does.
		status, err := status(ctx, fmt.Sprintf("http://127.0.0.1:%d/", d.port), tenant.Status.Hosts[0])
		if err != nil || status != http.StatusOK && status != http.StatusPaymentRequired {
			return fmt.Sprintf("the blog of %s does not respond (last status: %d)", tenant.Name, status), nil //nolint:nilerr // the caller retries
		}
	}
	return "", nil
}

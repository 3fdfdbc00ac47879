package crash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// verify waits until status, pages and registry match the desired state.
func (a *author) verify(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, t := range a.tenants {
		group.Go(func() error {
			if t.state != live {
				return errors.Join(a.p.AwaitGone(ctx, t.Name), a.verifyRegistry(ctx, t), a.verifyPages(ctx, t, nil))
			}
			if err := a.p.AwaitReady(ctx, t.Name); err != nil {
				return err
			}
			return errors.Join(a.verifyStatus(ctx, t), a.verifyPages(ctx, t, hostsOf(t)))
		})
	}
	return group.Wait()
}

// hostsOf returns the hosts that a Tenant should have, the primary one first.
func hostsOf(t *tenant) []string {
	hosts := []string{t.Name + "." + stack.Domain}
	if t.Spec.Domain != "" {
		hosts[0] = t.Name + "." + t.Spec.Domain
	}
	for _, host := range t.Spec.CustomDomains {
		hosts = append(hosts, string(host))
	}
	return hosts
}

// verifyStatus waits, too: an operator with a stale Tenant may overwrite the status for a moment.
func (a *author) verifyStatus(ctx context.Context, t *tenant) error {
	phase := v1alpha1.TenantActive
	if t.SuspendedBySpec() {
		phase = v1alpha1.TenantSuspended
	}
	return a.p.Await(ctx, "the status of "+t.Name+" is correct", func(ctx context.Context) error {
		var object v1alpha1.Tenant
		if err := a.p.Client.Get(ctx, a.p.Key(t.Name), &object); err != nil {
			return err
		}
		status := object.Status
		switch {
		case !equality.Semantic.DeepEqual(object.Spec, t.Spec):
			return fmt.Errorf("its spec is %+v, and its author wrote %+v", object.Spec, t.Spec)
		case status.Phase != phase, status.SchemaName != schemaOf(t), !slices.Equal(status.Hosts, hostsOf(t)),
			status.URL != "http://"+hostsOf(t)[0], status.ObservedGeneration != object.Generation:
			return fmt.Errorf("generation %d of %+v has the status %+v", object.Generation, t.Spec, status)
		}
		return nil
	})
}

// verifyPages requests all hosts that the Tenant may ever have had.
func (a *author) verifyPages(ctx context.Context, t *tenant, hosts []string) error {
	path, want, status := "/", t.Name, http.StatusOK
	if t.Spec.DisplayName != "" {
		want = t.Spec.DisplayName
	}
	switch {
	case t.SuspendedBySpec():
		status = http.StatusPaymentRequired
	case t.wrote:
		path, want = "/kept/", postOf(t.Name)
	}
	all := append(customHosts(t.Name), t.Name+"."+stack.Domain, t.Name+"."+stack.OtherDomain)
	for _, host := range all {
		err := a.p.Await(ctx, host+" has the right response", func(ctx context.Context) error {
			answer, err := stack.Get(ctx, a.p.Blogs[0], host, path)
			switch has := slices.Contains(hosts, host); {
			case err != nil:
				return err
			case has && (answer.Status != status || answer.Tenant != t.Name || !strings.Contains(answer.Body, want)):
				return fmt.Errorf("it answers %d for %q instead of %d with %q:\n%s", answer.Status, answer.Tenant, status, want, answer.Body)
			case len(hosts) > 0 && host != hosts[0] && strings.HasPrefix(host, t.Name+".") && answer.Status == http.StatusPermanentRedirect: // its former address
			case !has && answer.Status != http.StatusNotFound:
				return fmt.Errorf("it responds with %d for tenant %q, but has no owner", answer.Status, answer.Tenant)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyRegistry checks the registry rows of a deleted Tenant. The doctor checks its schema.
func (a *author) verifyRegistry(ctx context.Context, t *tenant) error {
	var got string
	err := a.p.Admin.QueryRow(ctx,
		`SELECT coalesce(string_agg(state, ' '), 'nothing') FROM public.tenants WHERE name = $1`, t.Name).Scan(&got)
	switch {
	case err != nil:
		return fmt.Errorf("read the row of %s: %w", t.Name, err)
	case t.state == retained && got != "tombstone", t.state == dropped && got != "released" && got != "nothing":
		return fmt.Errorf("the registry has %s of the deleted Tenant %s", got, t.Name)
	}
	return nil
}

package crash_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// prune deletes Tenants at once, in the foreground as Argo CD does, and waits until all that are left are held. It returns those.
func prune(t *testing.T, p *stack.Platform, names ...string) (held []string) {
	t.Helper()
	for _, name := range names {
		if err := p.Client.Delete(t.Context(), p.Tenant(name), client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			t.Fatal(err)
		}
	}
	p.Wait("the others are held", func(ctx context.Context) error {
		held = nil
		for _, name := range names {
			var tenant v1alpha1.Tenant
			err := p.Client.Get(ctx, p.Key(name), &tenant)
			switch {
			case apierrors.IsNotFound(err):
			case err != nil:
				return err
			case tenant.Status.DeletionHold == nil:
				return fmt.Errorf("%s is not held yet", name)
			default:
				held = append(held, name)
			}
		}
		return nil
	})
	return held
}

// read requests the home pages of blogs again and again until stop is called, which returns how many requests there were, and
// what was wrong with them.
func read(t *testing.T, p *stack.Platform, names ...string) (stop func() (requests int, wrong []string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	done := make(chan struct{})
	var (
		stopped  atomic.Bool
		requests int
		wrong    []string
	)
	go func() {
		defer close(done)
		for !stopped.Load() {
			for _, name := range names {
				requests++
				answer, err := stack.Get(ctx, p.Blogs[0], name+"."+stack.Domain, "/")
				if err != nil || answer.Status != http.StatusOK || !strings.Contains(answer.Body, "Of "+name) {
					wrong = append(wrong, fmt.Sprintf("%s: status %d, error %v", name, answer.Status, err))
				}
			}
		}
	}()
	return func() (int, []string) {
		stopped.Store(true)
		<-done
		return requests, wrong
	}
}

// A pipeline deletes too many Tenants. All but one of the held ones come back with all that they had, and their readers notice
// nothing.
func TestDeletionsAreCancelled(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.EditPlatform(func(p *v1alpha1.Platform) {
		p.Spec.Protection = &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1))}
	})
	operators := []*stack.Operator{p.StartOperator()}
	p.WaitReady()
	p.StartBlog(0)
	names := []string{"alice", "bob", "carol", "dave", "erin"}
	for _, name := range names {
		p.ApplyTenant("argocd", fmt.Sprintf(`{"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": {"name": %q, "labels": {"team": "a"}},
			"spec": {"limits": {"posts": 3}, "schemaName": "blog_%s"}}`, name, name))
	}
	p.WaitTenantsReady(names...)
	for _, name := range names {
		p.Exec(fmt.Sprintf(`INSERT INTO blog_%s.posts (slug, title, author, content, html, summary, created_at, updated_at, published_at) VALUES ('a', 'Of %s', 'x', '', '', '', now(), now(), now())`, name, name))
		waitPost(p, name, "Of "+name)
	}
	before := map[string]*v1alpha1.Tenant{}
	for _, name := range names {
		before[name] = authored(t, p, name)
	}
	if printed, err := p.RunPlugin(t.Context(), "deletions"); err != nil || !strings.HasPrefix(printed, "No deletions are held") {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	held := prune(t, p, names...)
	if len(held) != len(names)-1 {
		t.Fatalf("held are %v", held)
	}
	stop := read(t, p, held[1:]...)
	printed, err := p.RunPlugin(t.Context(), "deletions")
	if err != nil || strings.Count(printed, "\n") != len(held)+1 || !strings.Contains(printed, "http://"+held[0]+"."+stack.Domain) {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	for _, arguments := range [][]string{{"approve"}, {"approve", "nobody"}, {"cancel"}, {"cancel", held[0], "--all"}} {
		if printed, err := p.RunPlugin(t.Context(), append([]string{"deletions"}, arguments...)...); err == nil {
			t.Errorf("deletions %v prints %s", arguments, printed)
		}
	}
	if printed, err := p.RunPlugin(t.Context(), "deletions", "approve", held[0]); err != nil || printed != "Tenant "+held[0]+": the deletion is approved.\n" {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.WaitGone(held[0])
	operators = append(operators, p.StartOperator()) // two take part
	printed, err = p.RunPlugin(t.Context(), "deletions", "cancel", "--all")
	if err != nil || strings.Count(printed, "the deletion is cancelled.") != len(held)-1 {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.WaitTenantsReady(held[1:]...)
	for _, name := range held[1:] {
		if diff := cmp.Diff(before[name], authored(t, p, name), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s is another (-want +got):\n%s", name, diff)
		}
	}
	if requests, wrong := stop(); len(wrong) > 0 || requests < 10 {
		t.Errorf("of %d requests, %d are wrong: %s", requests, len(wrong), strings.Join(wrong[:min(len(wrong), 3)], "; "))
	}
	for _, operator := range operators[1:] {
		operator.Kill()
	}
	waitHealthy(p)
	if !slices.Equal(prune(t, p, held[1]), held[1:2]) {
		t.Error("the limit of the hour is forgotten")
	}
}

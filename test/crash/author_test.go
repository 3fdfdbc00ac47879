package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// author creates, edits, deletes and restores Tenants at random, and records the desired state of each.
type author struct {
	p       *stack.Platform
	random  *rand.Rand
	posts   *pgxpool.Pool // with the blog's role
	tenants []*tenant
}

// tenant is the desired state of a Tenant.
type tenant struct {
	v1alpha1.Tenant
	state state
	// wrote reports that it has a post, which must survive deletion and restoration.
	wrote bool
}

type state int

const (
	live state = iota
	retained
	dropped
)

// newAuthor returns an author. ECHOBLOGS_TEST_SEED repeats the choices of an earlier run.
func newAuthor(t *testing.T, p *stack.Platform) *author {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("ECHOBLOGS_TEST_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("ECHOBLOGS_TEST_SEED: %v", err)
		}
	}
	t.Logf("ECHOBLOGS_TEST_SEED=%d", seed)
	pool, err := postgres.NewPool(p.Database.BlogURI, postgres.PoolOptions{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &author{p: p, random: rand.New(rand.NewPCG(seed, 0)), posts: pool}
}

// round is a set of changes to different Tenants, which are made concurrently.
type round []func(context.Context) error

// run makes the changes. It can be called in a goroutine.
func (r round) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, change := range r {
		group.Go(func() error { return change(ctx) })
	}
	return group.Wait()
}

// plan chooses a round with a number of new Tenants, and changes to a number of existing ones.
func (a *author) plan(created, changed int) round {
	var changes round
	for _, i := range a.random.Perm(len(a.tenants))[:min(changed, len(a.tenants))] {
		if change := a.change(a.tenants[i]); change != nil {
			changes = append(changes, change)
		}
	}
	for range created {
		t := &tenant{Tenant: v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("t-%d", len(a.tenants))}}}
		if a.random.IntN(3) == 0 {
			t.Spec.SchemaName = fmt.Sprintf("schema_%d", len(a.tenants))
		}
		a.edit(t)
		a.edit(t)
		a.tenants = append(a.tenants, t)
		changes = append(changes, a.create(t))
	}
	return changes
}

// change chooses a change to a Tenant. It returns nil if the Tenant is not to change.
func (a *author) change(t *tenant) func(context.Context) error {
	switch {
	case t.state == dropped:
		return nil
	case t.state == retained:
		t.state = live
		return a.restore(t)
	case a.random.IntN(4) > 0:
		a.edit(t)
		spec := *t.Spec.DeepCopy()
		return func(ctx context.Context) error {
			return a.p.Edit(ctx, t.Name, func(object *v1alpha1.Tenant) { object.Spec = spec })
		}
	case !t.Retained():
		t.state = dropped
		return func(ctx context.Context) error { return a.p.Delete(ctx, t.Name) }
	}
	t.state, t.wrote = retained, true
	schema := schemaOf(t)
	return func(ctx context.Context) error {
		if err := a.write(ctx, t.Name, schema); err != nil {
			return err
		}
		return a.p.Delete(ctx, t.Name)
	}
}

func (a *author) create(t *tenant) func(context.Context) error {
	object := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: t.Name}, Spec: *t.Spec.DeepCopy()}
	return func(ctx context.Context) error { return a.p.Create(ctx, object) }
}

// restore creates a deleted Tenant again, with its data.
func (a *author) restore(t *tenant) func(context.Context) error {
	object := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: t.Name}, Spec: *t.Spec.DeepCopy()}
	return func(ctx context.Context) error {
		if err := a.p.AwaitGone(ctx, t.Name); err != nil {
			return err
		}
		id, err := a.p.Tombstone(ctx, t.Name)
		if err != nil {
			return err
		}
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, v1alpha1.AnnotationOnTombstone, v1alpha1.RestoreTombstone(id))
		return a.p.Create(ctx, object)
	}
}

// edit changes a field of the spec.
func (a *author) edit(t *tenant) {
	spec, number := &t.Spec, a.random.IntN(1000)
	switch a.random.IntN(6) {
	case 0:
		spec.DisplayName = fmt.Sprintf("Title %d", number)
	case 1:
		spec.CustomDomains = nil
	case 2:
		spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain(customHosts(t.Name)[number%2])}
	case 3:
		spec.Domain = []string{"", stack.Domain, stack.OtherDomain}[number%3]
	case 4:
		spec.Suspended = new(number%2 == 0)
	case 5:
		spec.DeletionPolicy = []v1alpha1.DeletionPolicy{"", v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain}[number%3]
	}
}

// write saves a post of a Tenant as soon as its schema exists.
func (a *author) write(ctx context.Context, name, schema string) error {
	store := post.NewStore(schema)
	return a.p.Await(ctx, name+" has a post", func(ctx context.Context) error {
		_, err := store.Save(ctx, a.posts, post.SaveRequest{
			Document: post.Document{Slug: "kept", Title: postOf(name), Content: "Kept."}, Overwrite: true, Now: time.Now(),
		})
		return err
	})
}

func postOf(name string) string { return "The post of " + name }

func customHosts(name string) []string {
	return []string{"www." + name + ".org", "blog." + name + ".org"}
}

func schemaOf(t *tenant) string {
	if t.Spec.SchemaName != "" {
		return t.Spec.SchemaName
	}
	return naming.Schema(t.Name)
}

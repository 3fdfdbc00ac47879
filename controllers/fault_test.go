package controllers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// faults makes chosen calls of the controllers to the API server fail: before they reach it, or after it, when only the
// response is lost.
type faults struct {
	mu    sync.Mutex
	calls int
	// fails chooses the fault of each call. Calls are numbered from 0.
	fails func(call int) fault
	hit   int
}

type fault int

const (
	none fault = iota
	refused
	conflict
	answerLost
)

var errInjected = errors.New("injected by a test")

func (f *faults) arm(fails func(call int) fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.hit, f.fails = 0, 0, fails
}

// disarm stops the faults, and returns how many calls failed.
func (f *faults) disarm() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = nil
	return f.hit
}

func (f *faults) next() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails == nil {
		return none
	}
	what := f.fails(f.calls)
	f.calls++
	if what != none {
		f.hit++
	}
	return what
}

func (f *faults) call(do func() error) error {
	switch f.next() {
	case refused:
		return errInjected
	case conflict:
		return apierrors.NewConflict(schema.GroupResource{Resource: "test"}, "test", errInjected)
	case answerLost:
		return errors.Join(do(), errInjected)
	}
	return do()
}

func (f *faults) wrap(to client.Client) client.Client {
	return interceptor.NewClient(to.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, to client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return f.call(func() error { return to.Get(ctx, key, o, opts...) })
		},
		List: func(ctx context.Context, to client.WithWatch, o client.ObjectList, opts ...client.ListOption) error {
			return f.call(func() error { return to.List(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, to client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return f.call(func() error { return to.Delete(ctx, o, opts...) })
		},
		Update: func(ctx context.Context, to client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return f.call(func() error { return to.Update(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, to client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
			return f.call(func() error { return to.Patch(ctx, o, patch, opts...) })
		},
		Apply: func(ctx context.Context, to client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			return f.call(func() error { return to.Apply(ctx, o, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, to client.Client, resource string, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			return f.call(func() error { return to.SubResource(resource).Patch(ctx, o, patch, opts...) })
		},
	})
}

// faultyPlatform returns a Platform whose operator has faults.
func faultyPlatform(t testing.TB, options ...func(*operatortest.Platform)) (*platform, *faults) {
	t.Helper()
	p, f := newNamespace(t, options...), &faults{}
	p.StartOperator(f.wrap)
	p.CreateDefault()
	p.WaitReady()
	return p, f
}

// liveThrough creates, edits and deletes a Tenant, and checks the result of each step.
func (p *platform) liveThrough(t testing.TB, name string) {
	t.Helper()
	p.ReadyTenant(name, func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	p.EditTenant(name, func(t *v1alpha1.Tenant) {
		t.Spec.CustomDomains = []v1alpha1.CustomDomain{v1alpha1.CustomDomain("www." + name + ".org")}
	})
	p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WantBlog("www."+name+".org", http.StatusOK, operatortest.Title(name))
	p.DeleteTenants(name)
	if n := query[int](p, operatortest.SchemaCount, strings.ReplaceAll(name, "-", "_")); n != 0 {
		t.Errorf("the schema of %s was left behind", name)
	}
	p.WantNoIngress(name)
}

// Every call of the controllers during the life of a Tenant fails once, in each of three ways.
func TestEachCallFailsOnce(t *testing.T) {
	t.Parallel()
	p, f := faultyPlatform(t)
	for what, kind := range map[string]fault{"refused": refused, "conflict": conflict, "lost": answerLost} {
		for n := 0; ; n++ {
			f.arm(func(call int) fault {
				if call == n {
					return kind
				}
				return none
			})
			p.liveThrough(t, fmt.Sprintf("%s-%d", what, n))
			if f.disarm() == 0 {
				if n < 10 {
					t.Errorf("a whole life made only %d calls", n)
				}
				break
			}
		}
	}
}

// Whichever calls fail, the Tenant reaches its desired state. All Tenants share one Platform, and the delay between
// attempts is short, because go test gives each input 10 seconds.
func FuzzCallsFail(f *testing.F) {
	p, injected := faultyPlatform(f, func(p *operatortest.Platform) { p.MaxBackoff = 20 * time.Millisecond })
	var inputs int
	f.Add([]byte{0x00})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55})
	f.Add([]byte{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa})
	f.Add([]byte{0x1b, 0xe4, 0x93, 0x55, 0xaa, 0x0f})
	f.Fuzz(func(t *testing.T, pattern []byte) {
		if len(pattern) == 0 || len(pattern) > 8 {
			return
		}
		injected.arm(func(call int) fault { // two bits per call, and no faults after the pattern
			if call/4 >= len(pattern) {
				return none
			}
			return fault(pattern[call/4] >> (call % 4 * 2) & 3)
		})
		defer injected.disarm()
		inputs++
		(&platform{p.In(t)}).liveThrough(t, fmt.Sprintf("fuzzed-%d", inputs))
	})
}

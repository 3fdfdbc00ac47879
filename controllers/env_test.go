package controllers_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// platform is a Platform with an operator and a blog.
type platform struct{ *operatortest.Platform }

// newPlatform returns a Platform that is Ready. Edits change it before it is created.
func newPlatform(t *testing.T, edits ...func(*v1alpha1.Platform)) *platform {
	t.Helper()
	return &platform{operatortest.New(t, edits...)}
}

// newNamespace returns a namespace without a Platform and without an operator.
func newNamespace(t testing.TB, options ...func(*operatortest.Platform)) *platform {
	t.Helper()
	return &platform{operatortest.NewNamespace(t, options...)}
}

// query returns one value, which it reads with the operator's role.
func query[T any](p *platform, sql string, args ...any) T {
	p.T.Helper()
	return operatortest.Query[T](p.Platform, sql, args...)
}

// metric returns the value of a counter of the operator.
func metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func contains(text, part string) bool { return strings.Contains(text, part) }

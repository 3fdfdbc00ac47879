package outage_test

import (
	"strings"
	"testing"

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

func contains(text, part string) bool { return strings.Contains(text, part) }

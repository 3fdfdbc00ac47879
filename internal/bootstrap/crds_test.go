package bootstrap_test

import (
	"bytes"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/charts"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

func newClient(t *testing.T) client.Client {
	t.Helper()
	scheme, err := bootstrap.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(apiserver.Shared(t).Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// crdsOf returns the CRDs as they would be in another version, for a group that no other test uses. The replacements are made in
// the first place of each manifest.
func crdsOf(t *testing.T, version string, replacements ...string) [][]byte {
	t.Helper()
	manifests, err := charts.CRDs()
	if err != nil || len(manifests) != 2 {
		t.Fatalf("%d CRDs, error %v", len(manifests), err)
	}
	annotation := regexp.MustCompile(`bootstrap\.example\.com/version: .*`)
	for i, manifest := range manifests {
		text := strings.ReplaceAll(string(manifest), "tenancy.echoblogs.io", "bootstrap.example.com")
		if !annotation.MatchString(text) {
			t.Fatalf("a CRD has no version:\n%.400s", text)
		}
		text = annotation.ReplaceAllString(text, `tenancy.echoblogs.io/version: "`+version+`"`)
		for pair := range slices.Chunk(replacements, 2) {
			text = strings.Replace(text, pair[0], pair[1], 1)
		}
		manifests[i] = []byte(text)
	}
	return manifests
}

func TestApplyCRDs(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	log := &bytes.Buffer{}
	apply := func(manifests [][]byte) error {
		log.Reset()
		return bootstrap.ApplyCRDs(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)), manifests)
	}
	read := func() *apiextensionsv1.CustomResourceDefinition {
		t.Helper()
		var crd apiextensionsv1.CustomResourceDefinition
		if err := c.Get(t.Context(), client.ObjectKey{Name: "tenants.bootstrap.example.com"}, &crd); err != nil {
			t.Fatal(err)
		}
		return &crd
	}
	const enum = "                enum:\n                - Retain\n                - Delete\n"
	for _, step := range []struct {
		name      string
		manifests [][]byte
		newer     bool     // whether the existing ones are newer
		fields    []string // of the spec, afterwards
		enum      int      // the number of deletion policies, afterwards
	}{
		{"the first installation", crdsOf(t, "1.1.0"), false, []string{"displayName"}, 2},
		{"again", crdsOf(t, "1.1.0"), false, []string{"displayName"}, 2},
		{"an older version without a value", crdsOf(t, "1.0.9", enum, strings.Replace(enum, "                - Delete\n", "", 1)), true, []string{"displayName"}, 2},
		{"an older version with another field", crdsOf(t, "1.1.0-rc.1", "displayName:", "formerName:"), true, []string{"displayName"}, 2},
		{"another build of the version, without a field", crdsOf(t, "1.1.0", "displayName:", "formerName:"), true, []string{"displayName"}, 2},
		{"a newer version without a field", crdsOf(t, "1.10.0", "displayName:", "title:", enum, strings.Replace(enum, "Delete\n", "Delete\n                - Keep\n", 1)), false, []string{"title"}, 3},
	} {
		if err := apply(step.manifests); err != nil || strings.Contains(log.String(), "newer version and was left") != step.newer {
			t.Errorf("%s: error %v; the log is\n%s", step.name, err, log)
		}
		spec := read().Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties
		var fields []string
		for _, field := range []string{"displayName", "formerName", "title"} {
			if _, ok := spec[field]; ok {
				fields = append(fields, field)
			}
		}
		if values := spec["deletionPolicy"].Enum; !slices.Equal(fields, step.fields) || len(values) != step.enum {
			t.Errorf("%s: the fields are %v, and %d values", step.name, fields, len(values))
		}
	}

	unknown := read()
	delete(unknown.Annotations, "tenancy.echoblogs.io/version")
	if err := c.Update(t.Context(), unknown); err != nil {
		t.Fatal(err)
	}
	if err := apply(crdsOf(t, "2.0.0")); err == nil || !strings.Contains(err.Error(), "has fields that version 2.0.0 does not have (v1alpha1.spec.title)") {
		t.Errorf("a CRD of an unknown version: %v", err)
	}
	if err := apply(crdsOf(t, "2.0.0", "displayName:", "title:")); err != nil {
		t.Errorf("a CRD of an unknown version with the same fields: %v", err)
	}
}

func TestLabelNamespace(t *testing.T) {
	t.Parallel()
	p := platformtest.New(t, apiserver.Shared(t).Client)
	labels := func() map[string]string {
		t.Helper()
		var namespace corev1.Namespace
		if err := p.Client.Get(t.Context(), client.ObjectKey{Name: p.Namespace}, &namespace); err != nil {
			t.Fatal(err)
		}
		return namespace.Labels
	}
	before := labels()
	if err := bootstrap.LabelNamespace(t.Context(), newClient(t), p.Namespace); err != nil {
		t.Fatal(err)
	}
	if labels()["tenancy.echoblogs.io/served"] != "true" {
		t.Errorf("the labels are %v", labels())
	}
	for range 2 {
		if err := bootstrap.UnlabelNamespace(t.Context(), newClient(t), p.Namespace); err != nil {
			t.Fatal(err)
		}
		if after := labels(); !maps.Equal(after, before) {
			t.Errorf("the labels are %v, and were %v", after, before)
		}
	}
	if err := bootstrap.UnlabelNamespace(t.Context(), newClient(t), "missing"); err != nil {
		t.Errorf("a namespace that is gone: %v", err)
	}
}

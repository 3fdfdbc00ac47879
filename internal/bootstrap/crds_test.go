package bootstrap_test

import (
	"bytes"
	"log/slog"
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

func TestApplyCRDs(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	manifests, err := charts.CRDs()
	if err != nil || len(manifests) != 2 {
		t.Fatalf("%d CRDs, error %v", len(manifests), err)
	}
	// Those of another group, which no other test uses.
	var former, latest [][]byte
	for _, manifest := range manifests {
		text := strings.ReplaceAll(string(manifest), "tenancy.echoblogs.io", "bootstrap.example.com")
		latest = append(latest, []byte(text))
		former = append(former, []byte(strings.Replace(text, "displayName:", "formerName:", 1)))
	}
	log := &bytes.Buffer{}
	apply := func(manifests [][]byte) {
		t.Helper()
		if err := bootstrap.ApplyCRDs(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)), manifests); err != nil {
			t.Fatal(err)
		}
	}
	has := func(field string) bool {
		t.Helper()
		var crd apiextensionsv1.CustomResourceDefinition
		if err := c.Get(t.Context(), client.ObjectKey{Name: "tenants.bootstrap.example.com"}, &crd); err != nil {
			t.Fatal(err)
		}
		_, ok := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties[field]
		return ok
	}
	apply(latest)
	apply(latest)
	if !has("displayName") || strings.Contains(log.String(), "newer") {
		t.Errorf("the CRD was not applied; the log is\n%s", log)
	}
	apply(former)
	if !has("displayName") || has("formerName") || !strings.Contains(log.String(), "v1alpha1.spec.displayName") {
		t.Errorf("a former CRD replaces a newer one; the log is\n%s", log)
	}
}

func TestLabelNamespace(t *testing.T) {
	t.Parallel()
	p := platformtest.New(t, apiserver.Shared(t).Client)
	if err := bootstrap.LabelNamespace(t.Context(), newClient(t), p.Namespace); err != nil {
		t.Fatal(err)
	}
	var namespace corev1.Namespace
	if err := p.Client.Get(t.Context(), client.ObjectKey{Name: p.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	if namespace.Labels["tenancy.echoblogs.io/served"] != "true" {
		t.Errorf("the labels are %v", namespace.Labels)
	}
}

package chart_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/charts"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

const fieldOwner = client.FieldOwner("helm")

// restrictedNamespace creates a namespace that refuses pods which do not meet the restricted Pod Security Standard, and warns
// about workloads whose pods would not.
func restrictedNamespace(t *testing.T) *platformtest.Platform {
	t.Helper()
	p := platformtest.New(t, apiserver.Shared(t).Client)
	var namespace corev1.Namespace
	if err := p.Client.Get(t.Context(), client.ObjectKey{Name: p.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	namespace.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	namespace.Labels["pod-security.kubernetes.io/warn"] = "restricted"
	namespace.Labels["tenancy.echoblogs.io/served"] = "true" // as the job of the chart does
	if err := p.Client.Update(t.Context(), &namespace); err != nil {
		t.Fatal(err)
	}
	return p
}

// warnings collects the warnings of the API server.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

// strictClient returns a client whose warnings are collected.
func strictClient(t *testing.T) (client.Client, *warnings) {
	t.Helper()
	w := &warnings{}
	config := rest.CopyConfig(apiserver.Shared(t).Config)
	config.WarningHandler = w
	c, err := client.New(config, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict), w
}

// Every object is accepted by the API server, without a warning: none of an unknown field, nor of Pod Security.
func TestObjectsAreAccepted(t *testing.T) {
	t.Parallel()
	installCRDs(t)
	for name, values := range matrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := restrictedNamespace(t)
			c, w := strictClient(t)
			for _, object := range objects(t, p.Namespace, required, values) {
				err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), fieldOwner, client.DryRunAll)
				if err != nil {
					t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
				}
			}
			if len(w.texts) > 0 {
				t.Errorf("the API server warns: %v", w.texts)
			}
		})
	}
}

// The accounts of the jobs have the permissions that their commands need, and no others on other objects.
func TestPermissionsOfJobs(t *testing.T) {
	t.Parallel()
	p := restrictedNamespace(t)
	for _, object := range objects(t, p.Namespace, required) {
		if isHook(object) && object.GetKind() != "Job" {
			if err := p.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), fieldOwner); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(object.GetKind(), "ClusterRole") {
				t.Cleanup(func() { _ = p.Client.Delete(t.Context(), object) })
			}
		}
	}
	as := func(account string) client.Client {
		config := rest.CopyConfig(apiserver.Shared(t).Config)
		config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + p.Namespace + ":" + account}
		scheme, err := bootstrap.Scheme()
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New(config, client.Options{Scheme: scheme})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}

	crds := as("echoblogs-apply-crds")
	manifests, err := charts.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	if err := bootstrap.ApplyCRDs(t.Context(), crds, slog.New(slog.DiscardHandler), manifests); err != nil {
		t.Error(err)
	}
	if err := bootstrap.LabelNamespace(t.Context(), crds, p.Namespace); err != nil {
		t.Error(err)
	}
	if err := bootstrap.LabelNamespace(t.Context(), crds, "default"); !apierrors.IsForbidden(err) {
		t.Errorf("the label of another namespace: %v", err)
	}
	unlabel := as("echoblogs-unlabel-namespace")
	if err := bootstrap.UnlabelNamespace(t.Context(), unlabel, p.Namespace); err != nil {
		t.Error(err)
	}
	if err := bootstrap.UnlabelNamespace(t.Context(), unlabel, "default"); !apierrors.IsForbidden(err) {
		t.Errorf("the label of another namespace: %v", err)
	}
	other := [][]byte{bytes.ReplaceAll(manifests[0], []byte("tenancy.echoblogs.io"), []byte("other.example.com"))}
	if err := bootstrap.ApplyCRDs(t.Context(), crds, slog.New(slog.DiscardHandler), other); !apierrors.IsForbidden(err) {
		t.Errorf("another CRD: %v", err)
	}

	secrets := as("echoblogs-bootstrap")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: "echoblogs-database"}}
	if err := secrets.Create(t.Context(), secret); err != nil {
		t.Error(err)
	}
	if err := secrets.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
		t.Error(err)
	}
	if err := secrets.Update(t.Context(), secret); !apierrors.IsForbidden(err) {
		t.Errorf("a change of a Secret: %v", err)
	}
	if err := secrets.Get(t.Context(), p.Key("another"), secret); !apierrors.IsForbidden(err) {
		t.Errorf("another Secret: %v", err)
	}
}

// A Tenant where no operator serves is accepted with a warning.
func TestUnservedNamespace(t *testing.T) {
	t.Parallel()
	p := platformtest.New(t, apiserver.Shared(t).Client)
	for _, object := range objects(t, p.Namespace, required) {
		if strings.HasPrefix(object.GetName(), "echoblogs-served.") {
			if err := p.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), fieldOwner); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Client.Delete(t.Context(), object) })
		}
	}
	c, w := strictClient(t)
	warned := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		texts := w.texts
		w.texts = nil
		return slices.ContainsFunc(texts, func(text string) bool {
			return strings.Contains(text, "no operator serves the namespace "+p.Namespace)
		})
	}
	create := func() {
		t.Helper()
		tenant := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "tenancy.echoblogs.io/v1alpha1", "kind": "Tenant", "metadata": map[string]any{"namespace": p.Namespace, "generateName": "alice-"},
		}}
		if err := c.Create(t.Context(), tenant, client.DryRunAll); err != nil {
			t.Fatal(err)
		}
	}
	p.Wait("the policy warns", func(context.Context) error { create(); return unless(warned(), "no warning") })
	if err := bootstrap.LabelNamespace(t.Context(), p.Client, p.Namespace); err != nil {
		t.Fatal(err)
	}
	p.Wait("the policy does not warn", func(context.Context) error { create(); return unless(!warned(), "a warning") })
	if err := bootstrap.UnlabelNamespace(t.Context(), p.Client, p.Namespace); err != nil {
		t.Fatal(err)
	}
	p.Wait("the policy warns again", func(context.Context) error { create(); return unless(warned(), "no warning") })
}

func unless(ok bool, problem string) error {
	if ok {
		return nil
	}
	return errors.New(problem)
}

package gitops_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// healthCheck is an item of spec.healthCheckExprs of a Kustomization, without inProgress, which the example does not use.
type healthCheck struct{ Kind, Failed, Current string }

// evaluate returns the status of an object in the order of Flux's RFC 0009: generation, failed, current.
func (h healthCheck) evaluate(object *unstructured.Unstructured) (status.Status, error) {
	observed, _, err := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	if err != nil || observed != object.GetGeneration() {
		return status.InProgressStatus, err
	}
	for _, check := range []struct {
		expression string
		status     status.Status
	}{{h.Failed, status.FailedStatus}, {h.Current, status.CurrentStatus}} {
		if is, err := evaluate(check.expression, object.Object); err != nil || is {
			return check.status, err
		}
	}
	return status.InProgressStatus, nil
}

// evaluate evaluates an expression as Flux does: parsed and not type-checked, with the fields of the object as variables.
func evaluate(expression string, object map[string]any) (bool, error) {
	environment, err := cel.NewEnv()
	if err != nil {
		return false, err
	}
	parsed, issues := environment.Parse(expression)
	if issues.Err() != nil {
		return false, issues.Err()
	}
	program, err := environment.Program(parsed)
	if err != nil {
		return false, err
	}
	value, _, err := program.Eval(object)
	if err != nil {
		return false, err
	}
	is, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("%s is %v", expression, value)
	}
	return is, nil
}

// healthChecks returns the expressions of Flux's example for Tenants.
func healthChecks(t *testing.T) healthCheck {
	t.Helper()
	content, err := os.ReadFile("../../examples/gitops-flux/flux.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		var object struct {
			Spec struct {
				HealthCheckExprs []healthCheck `json:"healthCheckExprs"`
			} `json:"spec"`
		}
		err := documents.Decode(&object)
		if errors.Is(err, io.EOF) {
			t.Fatal("the example has no health check of Tenants")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range object.Spec.HealthCheckExprs {
			if check.Kind == "Tenant" {
				return check
			}
		}
	}
}

// Flux evaluates the example's health checks for Tenants in all states as kstatus does, but for custom domains.
func TestFluxHealthChecks(t *testing.T) {
	t.Parallel()
	check := healthChecks(t)
	files, err := filepath.Glob(filepath.Join(customizations, "Tenant/testdata/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no Tenants: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tenant := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(content, &tenant.Object); err != nil {
			t.Fatal(err)
		}
		generic, err := status.Compute(tenant)
		if err != nil {
			t.Fatal(err)
		}
		want := generic.Status
		switch {
		case want == status.TerminatingStatus:
			want = status.InProgressStatus
		case strings.HasSuffix(file, "/unproven.yaml"):
			want = status.CurrentStatus
		}
		if got, err := check.evaluate(tenant); err != nil || got != want {
			t.Errorf("%s: Flux sees %v, %v; want %s", filepath.Base(file), got, err, want)
		}
	}
}

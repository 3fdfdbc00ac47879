package chart_test

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// buildHelm4 returns the path of Helm 4, and builds it once per machine.
var buildHelm4 = sync.OnceValues(func() (string, error) {
	build := exec.Command("make", "--no-print-directory", "--silent", "helm")
	build.Dir = root
	output, err := build.Output()
	lines := strings.Fields(string(output))
	if err != nil || len(lines) == 0 {
		return "", fmt.Errorf("build Helm 4: %w", err)
	}
	return lines[len(lines)-1], nil
})

func newHelm4(t *testing.T, namespace string) helmProgram {
	t.Helper()
	program, err := buildHelm4()
	if err != nil {
		t.Fatal(err)
	}
	return helmProgram{t: t, program: program, namespace: namespace, home: t.TempDir()}
}

// Without an API server, as for "helm template", replicas would conflict with the autoscaler.
func TestAutoscaling(t *testing.T) {
	t.Parallel()
	all := objects(t, "blogs", required, matrix["autoscaling"])
	for _, name := range []string{"echoblogs-blog", "echoblogs-portal"} {
		if convert[appsv1.Deployment](t, find(all, "Deployment", name)).Spec.Replicas != nil || find(all, "HorizontalPodAutoscaler", name) == nil {
			t.Errorf("%s has replicas beside its autoscaler, or no autoscaler", name)
		}
	}
	if find(objects(t, "blogs", required), "HorizontalPodAutoscaler", "echoblogs-blog") != nil {
		t.Error("autoscaling is on by default")
	}
}

// No upgrade changes the replicas under an autoscaler.
func TestAutoscalingKeepsReplicas(t *testing.T) {
	t.Parallel()
	const three = "blog: {replicas: 3}"
	for name, newHelm := range map[string]func(*testing.T, string) helmProgram{"Helm 3": newHelm3, "Helm 4": newHelm4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installCRDs(t)
			p := restrictedNamespace(t)
			finishHooks(t, p)
			h := newHelm(t, p.Namespace)
			helm := func(command string, documents ...string) error {
				t.Helper()
				arguments := append(strings.Fields(command), h.values(append([]string{required}, documents...)...)...)
				if _, problems, err := h.try(append(arguments, "echoblogs", folder)...); err != nil {
					return fmt.Errorf("%w: %s", err, problems)
				}
				return nil
			}
			want := func(after string, err error, replicas int32) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", after, err)
				}
				if n := *blogDeployment(t, p).Spec.Replicas; n != replicas {
					t.Errorf("%s: %d replicas, want %d", after, n, replicas)
				}
			}
			want("install", helm("install", three), 3)
			want("autoscaling is turned on", helm("upgrade", three, matrix["autoscaling"]), 3)
			want("an upgrade before the autoscaler has done anything", helm("upgrade", matrix["autoscaling"]), 3)
			scale := &autoscalingv1.Scale{Spec: autoscalingv1.ScaleSpec{Replicas: 5}}
			err := p.Client.SubResource("scale").Update(t.Context(), blogDeployment(t, p), client.WithSubResourceBody(scale), client.FieldOwner("kube-controller-manager"))
			want("the autoscaler", err, 5)
			want("an upgrade", helm("upgrade", matrix["autoscaling"]), 5)
			want("another upgrade", helm("upgrade", matrix["autoscaling"], matrix["scheduling"]), 5)
			err = helm("upgrade", three)
			if name == "Helm 4" { // as docs/install.md says
				if err == nil || !strings.Contains(err.Error(), ".spec.replicas") {
					t.Errorf("an upgrade takes over what the autoscaler has set: %v", err)
				}
				err = helm("upgrade --force-conflicts", three)
			}
			want("autoscaling is turned off", err, 3)
		})
	}
}

func blogDeployment(t *testing.T, p *platformtest.Platform) *appsv1.Deployment {
	t.Helper()
	var deployment appsv1.Deployment
	if err := p.Client.Get(t.Context(), p.Key("echoblogs-blog"), &deployment); err != nil {
		t.Fatal(err)
	}
	return &deployment
}

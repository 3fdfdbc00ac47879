package chart_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// After each upgrade, which is a three-way merge instead of Helm 4's server-side apply, a release of Helm 3 has what a new one with
// the same values would have.
func TestHelm3Release(t *testing.T) {
	t.Parallel()
	installCRDs(t)
	p := restrictedNamespace(t)
	finishHooks(t, p)
	r := helm3Release{helmProgram: newHelm3(t, p.Namespace), client: p.Client, other: platformtest.New(t, p.Client).Namespace}
	much := []string{
		matrix["autoscaling"], matrix["fields of Platform"], matrix["limited network"], matrix["mail server"], matrix["monitoring"],
		matrix["scheduling"], matrix["Traefik"],
	}

	dryRun := r.run(append(r.values(append([]string{required}, much...)...), "install", "echoblogs", folder, "--dry-run=server")...)
	if !strings.Contains(dryRun, "is installed in the namespace") {
		t.Errorf("the dry run has no notes: %s", dryRun)
	}
	r.change("install")
	r.change("upgrade", much...)
	r.run("test", "echoblogs")
	r.change("upgrade --no-hooks", matrix["little"])

	// The Platform outlives the release, and the next one continues with it.
	r.run("uninstall", "echoblogs")
	r.wantDeleted(nil)
	_, problems, err := r.try(append(r.values(required), "install", "echoblogs", folder)...)
	if want := "would not write these values to it: spec.publicURL."; err == nil || !strings.Contains(problems, want) {
		t.Errorf("an installation with other values: %v: %s, want %q", err, problems, want)
	}
	r.change("install --no-hooks", much...)
	r.change("upgrade --no-hooks")
}

// helm3Release is a release that Helm 3 installs and upgrades.
type helm3Release struct {
	helmProgram
	client client.Client
	// other is another namespace, without a release.
	other string
	// objects are those that it has.
	objects []*unstructured.Unstructured
}

// change runs a command with values, and checks what the API server has then.
func (r *helm3Release) change(command string, documents ...string) {
	r.t.Helper()
	documents = append([]string{required}, documents...)
	r.run(append(strings.Fields(command), append(r.values(documents...), "echoblogs", folder)...)...)

	var all []*unstructured.Unstructured
	for _, object := range objects(r.t, r.namespace, documents...) {
		if object.GetAnnotations()["helm.sh/hook"] == "" {
			all = append(all, object)
		}
	}
	for _, object := range all {
		r.wantAsNew(object)
	}
	r.wantDeleted(all)
	r.objects = all
}

// wantAsNew checks that an object is as a new release would create it.
func (r *helm3Release) wantAsNew(object *unstructured.Unstructured) {
	r.t.Helper()
	_, fixesReplicas, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "replicas")
	want := object.DeepCopy()
	annotations := map[string]string{"meta.helm.sh/release-name": "echoblogs", "meta.helm.sh/release-namespace": r.namespace}
	maps.Copy(annotations, object.GetAnnotations())
	want.SetAnnotations(annotations)
	if want.GetNamespace() == "" {
		want.SetName(want.GetName() + "-new")
	} else {
		want.SetNamespace(r.other)
	}
	if err := r.client.Create(r.t.Context(), want, client.DryRunAll); err != nil {
		r.t.Errorf("create %s %s: %v", object.GetKind(), object.GetName(), err)
		return
	}
	if err := r.client.Get(r.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		r.t.Errorf("read %s %s: %v", object.GetKind(), object.GetName(), err)
		return
	}
	if !fixesReplicas {
		unstructured.RemoveNestedField(want.Object, "spec", "replicas")
		unstructured.RemoveNestedField(object.Object, "spec", "replicas")
	}
	if diff := cmp.Diff(written(want), written(object)); diff != "" {
		r.t.Errorf("%s %s is not as in a new release (-want +got):\n%s", object.GetKind(), object.GetName(), diff)
	}
}

// written returns what Helm has written into an object, and the defaults.
func written(object *unstructured.Unstructured) map[string]any {
	fields := maps.Clone(object.Object)
	delete(fields, "status")
	fields["metadata"] = map[string]any{"labels": object.GetLabels(), "annotations": object.GetAnnotations()}
	if object.GetKind() == "Service" {
		unstructured.RemoveNestedField(fields, "spec", "clusterIP")
		unstructured.RemoveNestedField(fields, "spec", "clusterIPs")
	}
	return fields
}

// wantDeleted checks that the release has none of its objects but these, and those that Helm has to keep.
func (r *helm3Release) wantDeleted(except []*unstructured.Unstructured) {
	r.t.Helper()
	left := byName(r.t, except)
	for name, fields := range byName(r.t, r.objects) {
		object := &unstructured.Unstructured{Object: fields}
		err := r.client.Get(r.t.Context(), client.ObjectKeyFromObject(object), object)
		if object.GetAnnotations()["helm.sh/resource-policy"] == "keep" {
			if err != nil {
				r.t.Errorf("%s is not kept: %v", name, err)
			}
		} else if left[name] == nil && !apierrors.IsNotFound(err) {
			r.t.Errorf("%s is not deleted: %v", name, err)
		}
	}
}

// finishHooks does what a node does for hooks: each Job and each Pod of the namespace succeeds.
func finishHooks(t *testing.T, p *platformtest.Platform) {
	t.Helper()
	for _, list := range []client.ObjectList{&batchv1.JobList{}, &corev1.PodList{}} {
		watcher, err := p.Client.Watch(t.Context(), list, client.InNamespace(p.Namespace))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		t.Cleanup(func() { watcher.Stop(); <-done })
		go func() {
			defer close(done)
			for event := range watcher.ResultChan() {
				if object, ok := event.Object.(client.Object); ok && event.Type == watch.Added {
					succeed(object)
					if err := p.Client.Status().Update(t.Context(), object); err != nil {
						t.Errorf("finish %s: %v", object.GetName(), err)
					}
				}
			}
		}()
	}
}

// succeed sets the status of a Job or a Pod that has succeeded.
func succeed(object client.Object) {
	switch object := object.(type) {
	case *batchv1.Job:
		now := metav1.Now()
		object.Status.StartTime, object.Status.CompletionTime, object.Status.Succeeded = &now, &now, 1
		for _, condition := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
			object.Status.Conditions = append(object.Status.Conditions, batchv1.JobCondition{Type: condition, Status: corev1.ConditionTrue})
		}
	case *corev1.Pod:
		object.Status.Phase = corev1.PodSucceeded
	}
}

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// newInstalled returns an installation with Tenants, of which one would be deleted with its data.
func newInstalled(t *testing.T) (*stack.Platform, *stack.Operator) {
	t.Helper()
	p := stack.New(t)
	operator := p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	for _, name := range []string{"alice", "bob", "carol"} {
		p.CreateTenant(name, func(t *v1alpha1.Tenant) {
			if name == "carol" {
				t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete
			}
		})
	}
	p.WaitTenantsReady("alice", "bob", "carol")
	return p, operator
}

// newDeployment creates a Deployment, for which nothing creates pods here.
func newDeployment(p *stack.Platform, name string) *appsv1.Deployment {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name}}
	deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
	deployment.Spec.Template.Labels = deployment.Spec.Selector.MatchLabels
	deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "program", Image: "program"}}
	p.CreateObject(deployment)
	return deployment
}

// newPod creates a pod of a Deployment.
func newPod(t *testing.T, p *stack.Platform, deployment *appsv1.Deployment, name string, phase corev1.PodPhase) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: deployment.Spec.Template.Labels}, Spec: deployment.Spec.Template.Spec}
	p.CreateObject(pod)
	pod.Status.Phase = phase
	if err := p.Client.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// wantUninstalled checks that none of our objects is left in the namespace.
func wantUninstalled(t *testing.T, p *stack.Platform) {
	t.Helper()
	var (
		tenants   v1alpha1.TenantList
		platforms v1alpha1.PlatformList
		ingresses networkingv1.IngressList
	)
	for _, list := range []client.ObjectList{&tenants, &platforms, &ingresses} {
		if err := p.Client.List(t.Context(), list, client.InNamespace(p.Namespace)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tenants.Items) + len(platforms.Items) + len(ingresses.Items); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

func TestUninstallKeepsData(t *testing.T) {
	t.Parallel()
	p, operator := newInstalled(t)
	if _, err := p.RunPlugin(t.Context(), "uninstall", "--keep-data"); err == nil || !strings.Contains(err.Error(), "An operator that runs elsewhere would end the Tenants") {
		t.Fatalf("an operator may be running: %v", err)
	}
	for _, flags := range [][]string{nil, {"--keep-data", "--retain"}} {
		if printed, err := p.RunPlugin(t.Context(), append([]string{"uninstall"}, flags...)...); err == nil {
			t.Fatalf("uninstall %v prints %s", flags, printed)
		}
	}
	operator.Kill()
	p.EditTenant("bob", func(t *v1alpha1.Tenant) { t.Finalizers = append(t.Finalizers, "example.com/mine") })
	deployment := newDeployment(p, "echoblogs-operator")
	newPod(t, p, deployment, "evicted", corev1.PodFailed)
	hanging := newPod(t, p, deployment, "hanging", corev1.PodRunning)
	if err := bootstrap.LabelNamespace(t.Context(), p.Client, p.Namespace); err != nil {
		t.Fatal(err)
	}
	_, err := p.RunPlugin(t.Context(), "uninstall", "--keep-data", "--progress-deadline=1s")
	if err == nil || !strings.Contains(err.Error(), "pods of echoblogs-operator do not stop: hanging. Check their nodes") {
		t.Fatalf("an operator may be running: %v", err)
	}
	if err := p.Client.Delete(t.Context(), hanging, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	var namespace corev1.Namespace
	if err := p.Client.Get(t.Context(), client.ObjectKey{Name: p.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}

	printed, err := p.RunPlugin(t.Context(), "uninstall", "--keep-data")
	want := fmt.Sprintf("Removed 3 Tenants and 1 Platforms from the namespace %q.\nIn the database of the Platform \"default\", 3 live tenants and 0 tombstones stay, with their schemas. "+
		"A Platform in a new namespace that is Stalled with DatabaseInUse can use that database after this:\n  kubectl annotate platform default tenancy.echoblogs.io/take-over=%s\n\n", p.Namespace, namespace.UID)
	if err != nil || printed != want {
		t.Errorf("it prints %q, error %v, want %q", printed, err, want)
	}
	if err := p.Client.Get(t.Context(), p.Key(deployment.Name), deployment); err != nil || *deployment.Spec.Replicas != 0 {
		t.Errorf("the Deployment of the operator has %v replicas, error %v", deployment.Spec.Replicas, err)
	}
	if err := p.Client.Get(t.Context(), client.ObjectKeyFromObject(&namespace), &namespace); err != nil || namespace.Labels[v1alpha1.LabelServed] != "" {
		t.Errorf("the namespace has the labels %v, error %v", namespace.Labels, err)
	}
	if left := p.Tenant("bob").Finalizers; len(left) != 1 || left[0] != "example.com/mine" {
		t.Errorf("the finalizers %v of bob are left", left)
	}
	p.EditTenant("bob", func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	wantUninstalled(t, p)
	if n := p.Count(`SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.schema_name WHERE t.state = 'live'`); n != 3 {
		t.Errorf("%d rows and schemas are live, want 3", n)
	}
}

// A namespace that is deleted with its operator keeps its Tenants Terminating. The command frees it.
func TestUninstallFreesAHangingNamespace(t *testing.T) {
	t.Parallel()
	p, operator := newInstalled(t)
	operator.Kill()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.Namespace}}
	if err := p.Client.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	p.Wait("the Tenants are being deleted", func(context.Context) error {
		if p.Tenant("alice").DeletionTimestamp.IsZero() {
			return errors.New("they are not")
		}
		return nil
	})
	if printed, err := p.RunPlugin(t.Context(), "uninstall", "--keep-data"); err != nil || !strings.Contains(printed, "tenancy.echoblogs.io/take-over=") {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	p.Wait("the namespace is gone", func(ctx context.Context) error {
		err := p.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("it is not"), err)
	})
	if n := p.Count(`SELECT count(*) FROM public.tenants WHERE state = 'live'`); n != 3 {
		t.Errorf("%d rows are live, want 3", n)
	}
}

func TestUninstallRetains(t *testing.T) {
	t.Parallel()
	p, _ := newInstalled(t)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Protection.MaxDeletionsPerHour = new(int32(1)) })
	p.CreateTenant("dave")
	p.WaitTenantsReady("dave")
	prune(t, p, "dave")
	if held := prune(t, p, "carol"); len(held) != 1 { // it is to be kept, too
		t.Fatalf("held are %v", held)
	}
	printed, err := p.RunPlugin(t.Context(), "uninstall", "--retain")
	if err != nil || !strings.Contains(printed, `In the database of the Platform "default", 0 live tenants and 4 tombstones stay, with their schemas.`+"\n") ||
		!strings.HasSuffix(printed, fmt.Sprintf("Removed 3 Tenants and 1 Platforms from the namespace %q.\n", p.Namespace)) {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	wantUninstalled(t, p)
	if n := p.Count(`SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.tombstone_schema`); n != 4 {
		t.Errorf("%d tombstones, want 4", n)
	}
	if n := p.Count(`SELECT count(*) FROM public.installation`); n != 0 {
		t.Error("the database still serves the Platform")
	}
	// It can be repeated.
	if printed, err := p.RunPlugin(t.Context(), "uninstall", "--retain"); err != nil || !strings.Contains(printed, "Removed 0 Tenants and 0 Platforms") {
		t.Errorf("again, it prints %q, error %v", printed, err)
	}
}

// The public site creates no Tenant any more when the first one is deleted. Tenants that others create later are retained, too.
func TestUninstallRetainsNewcomers(t *testing.T) {
	t.Parallel()
	p, operator := newInstalled(t)
	operator.Kill()
	site := newDeployment(p, "echoblogs-portal")
	pod := newPod(t, p, site, "portal", corev1.PodRunning)
	p.EditTenant("alice", func(t *v1alpha1.Tenant) { t.Finalizers = append(t.Finalizers, "example.com/mine") })
	printed, ended := "", make(chan error, 1)
	go func() {
		var err error
		printed, err = p.RunPlugin(t.Context(), "uninstall", "--retain")
		ended <- err
	}()
	p.Wait("the public site is stopped", func(ctx context.Context) error {
		err := p.Client.Get(ctx, client.ObjectKeyFromObject(site), site)
		if err == nil && *site.Spec.Replicas != 0 {
			err = errors.New("it is not")
		}
		return err
	})
	p.CreateTenant("dave")
	if !p.Tenant("alice").DeletionTimestamp.IsZero() {
		t.Error("alice is deleted while the public site runs")
	}
	if err := p.Client.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	p.Wait("the Tenants are being deleted", func(context.Context) error {
		if p.Tenant("alice").DeletionTimestamp.IsZero() {
			return errors.New("they are not")
		}
		return nil
	})
	p.CreateTenant("erin", func(t *v1alpha1.Tenant) { t.Spec.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	p.StartOperator()
	p.WaitTenantsReady("erin")
	p.EditTenant("alice", func(t *v1alpha1.Tenant) {
		t.Finalizers = slices.DeleteFunc(t.Finalizers, func(name string) bool { return name == "example.com/mine" })
	})
	if err := <-ended; err != nil || !strings.HasSuffix(printed, fmt.Sprintf("Removed 5 Tenants and 1 Platforms from the namespace %q.\n", p.Namespace)) {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	if start := fmt.Sprintf("\n  kubectl -n %s scale deployment echoblogs-portal --replicas=1\n", p.Namespace); !strings.Contains(printed, start) {
		t.Errorf("it prints %q, without %q", printed, start)
	}
	wantUninstalled(t, p)
	if n := p.Count(`SELECT count(*) FROM public.tenants t JOIN pg_namespace n ON n.nspname = t.tombstone_schema WHERE name <> 'dave'`); n != 4 {
		t.Errorf("%d tombstones, want 4", n)
	}
}

// A Tenant that is being deleted cannot be kept any more, so none is deleted while the operator cannot end them.
func TestUninstallOfReplacedInstallation(t *testing.T) {
	t.Parallel()
	p, operator := newInstalled(t)
	p.Exec(`UPDATE public.installation SET namespace_uid = 'another'`)
	p.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Contact = "https://example.org/help" })
	p.WaitPlatform(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDatabaseInUse)
	printed, err := p.RunPlugin(t.Context(), "uninstall", "--retain")
	if err == nil || !strings.Contains(err.Error(), "nothing was deleted") || !strings.Contains(err.Error(), "with the UID another") {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	for _, name := range []string{"alice", "bob", "carol"} {
		if tenant := p.Tenant(name); !tenant.DeletionTimestamp.IsZero() {
			t.Errorf("%s is being deleted", name)
		}
	}
	operator.Kill()
	printed, err = p.RunPlugin(t.Context(), "uninstall", "--keep-data", "--operator-stopped")
	if err != nil || !strings.HasSuffix(printed, "The database of the Platform \"default\" serves another installation, and nothing in it was changed.\n") {
		t.Errorf("it prints %q, error %v", printed, err)
	}
	wantUninstalled(t, p)
	if n := p.Count(`SELECT count(*) FROM public.tenants WHERE state = 'live'`); n != 3 {
		t.Errorf("%d rows are live, want 3", n)
	}
}

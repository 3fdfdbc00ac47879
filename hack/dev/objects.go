package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

const (
	// samples is the folder of the Platform and the Tenants of a first start.
	samples = "config/samples"
	// operatorAccount and portalAccount are the ServiceAccounts whose Roles are in the chart.
	operatorAccount = "echoblogs-operator"
	portalAccount   = "echoblogs-portal"
)

// applyInstallation applies the manifests of an installation, and writes the
// kubeconfigs of operator and public site, each with the token of its
// ServiceAccount.
func (d *demo) applyInstallation(ctx context.Context) error {
	if err := d.waitForNamespace(ctx); err != nil {
		return err
	}
	d.progress.say("Applying CRDs, roles and Services")
	if _, err := d.kubectl.run(ctx, "", "apply", "--server-side", "--force-conflicts", "--field-manager=echoblogs-demo", "--filename=hack/dev/manifests"); err != nil {
		return err
	}
	if _, err := d.kubectl.run(ctx, "", "wait", "--for=condition=Established", "--timeout=60s", "--filename=charts/echoblogs/crds"); err != nil {
		return err
	}
	for _, account := range []string{operatorAccount, portalAccount} {
		token, err := d.kubectl.run(ctx, "", "create", "token", account, "--duration=8760h")
		if err != nil {
			return err
		}
		if err := d.controlPlane.WriteTokenKubeconfig(d.accountKubeconfig(account), strings.TrimSpace(token)); err != nil {
			return err
		}
	}
	return nil
}

// waitForNamespace waits while the namespace is being deleted: nothing can be created in it until it is gone.
func (d *demo) waitForNamespace(ctx context.Context) error {
	phase, err := d.kubectl.run(ctx, "", "get", "namespace", namespace, "--ignore-not-found", "--output=jsonpath={.status.phase}")
	if err != nil || phase != string(corev1.NamespaceTerminating) {
		return err
	}
	d.progress.say("Waiting until the deleted namespace is gone")
	if _, err := d.kubectl.run(ctx, "", "wait", "--for=delete", "namespace/"+namespace, "--timeout=60s"); err != nil {
		return fmt.Errorf("the namespace %s is being deleted, and something in it stays; make demo-down CLEAN=1 deletes all data: %w", namespace, err)
	}
	return nil
}

func (d *demo) accountKubeconfig(account string) string {
	return filepath.Join(d.state.private(), account+".kubeconfig")
}

// applyPlatform applies the sample Platform with the demo's port and database.
// A Platform that exists is the user's: only the fields that change between
// starts are set.
func (d *demo) applyPlatform(ctx context.Context) error {
	platform, err := d.samplePlatform()
	if err != nil {
		return err
	}
	secret, err := yaml.Marshal(corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: platform.Spec.Database.SecretRef.Name, Namespace: namespace},
		StringData: map[string]string{"uri": d.database.operatorURI},
	})
	if err != nil {
		return fmt.Errorf("write the Secret of the database: %w", err)
	}
	if err := d.kubectl.apply(ctx, string(secret)); err != nil {
		return err
	}
	switch existing, err := d.kubectl.run(ctx, "", "get", "platform", platform.Name, "--ignore-not-found", "--output=name"); {
	case err != nil:
		return err
	case existing == "":
		manifest, err := yaml.Marshal(platform)
		if err != nil {
			return fmt.Errorf("write the Platform: %w", err)
		}
		return d.kubectl.apply(ctx, string(manifest))
	}
	patch := fmt.Sprintf(`{"spec":{"publicURL":%q}}`, platform.Spec.PublicURL)
	_, err = d.kubectl.run(ctx, "", "patch", "platform", platform.Name, "--type=merge", "--patch="+patch)
	return err
}

func (d *demo) samplePlatform() (*v1alpha1.Platform, error) {
	sample, err := os.ReadFile(filepath.Join(samples, "tenancy_v1alpha1_platform.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the sample of a Platform: %w", err)
	}
	var platform v1alpha1.Platform
	if err := yaml.UnmarshalStrict(sample, &platform); err != nil {
		return nil, fmt.Errorf("read the sample of a Platform: %w", err)
	}
	platform.Namespace = namespace
	platform.Spec.Routing.CatchAll = new(true) // it is the only one behind the demo's router
	platform.Spec.PublicURL = "http://" + net.JoinHostPort(string(platform.Spec.Domains[0]), strconv.Itoa(d.port))
	return &platform, nil
}

// tenants returns all Tenants.
func (d *demo) tenants(ctx context.Context) ([]v1alpha1.Tenant, error) {
	output, err := d.kubectl.run(ctx, "", "get", "tenants", "--output=json")
	if err != nil {
		return nil, err
	}
	var list v1alpha1.TenantList
	if err := json.Unmarshal([]byte(output), &list); err != nil {
		return nil, fmt.Errorf("read the list of Tenants: %w", err)
	}
	return list.Items, nil
}

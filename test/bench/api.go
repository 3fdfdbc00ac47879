package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/routing"
)

// displayName is the title of every blog here.
const displayName = "A blog of the benchmark"

// createTenant creates a Tenant in a namespace, with the finalizer, as the public site does. It returns the API server's
// response.
func createTenant(ctx context.Context, client *rest.RESTClient, namespace, name string, policy v1alpha1.DeletionPolicy) ([]byte, error) {
	manifest, err := json.Marshal(v1alpha1.Tenant{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Tenant"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Finalizers: []string{v1alpha1.Finalizer}},
		Spec: v1alpha1.TenantSpec{
			DisplayName: displayName, DeletionPolicy: policy, Owner: &v1alpha1.TenantOwner{Username: name, Email: name + "@" + domain},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("write the Tenant %s: %w", name, err)
	}
	return postObject(ctx, client, fmt.Sprintf(tenantsPath, namespace), manifest)
}

func postObject(ctx context.Context, client *rest.RESTClient, path string, body []byte) ([]byte, error) {
	answer, err := client.Post().AbsPath(path).SetHeader("Content-Type", "application/json").Body(body).DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("create in %s: %w", path, err)
	}
	return answer, nil
}

func remove(ctx context.Context, client *rest.RESTClient, path string) ([]byte, error) {
	answer, err := client.Delete().AbsPath(path).DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("delete %s: %w", path, err)
	}
	return answer, nil
}

// apiLimit performs the writes of one Tenant to the API server with bare client-go: those of the user and of the operator,
// copied from objects that they have written, in a namespace without an operator.
type apiLimit struct {
	client *rest.RESTClient
	// The Tenant from which the rest was copied.
	name, uid string
	// ingress and status are the Ingress and the status of that Tenant; dropped is the event of its deletion.
	ingress, status, dropped string
}

// newAPILimit copies its objects from a Tenant that is Ready.
func newAPILimit(ctx context.Context, client *rest.RESTClient, name string) (*apiLimit, error) {
	l := &apiLimit{client: client, name: name}
	var tenant struct {
		Metadata metav1.ObjectMeta
		Status   json.RawMessage
	}
	if err := l.read(ctx, fmt.Sprintf(tenantsPath, namespace)+"/"+name, &tenant); err != nil {
		return nil, err
	}
	l.uid = string(tenant.Metadata.UID)
	l.status = fmt.Sprintf(`{"status":%s}`, tenant.Status)
	var ingress map[string]any
	if err := l.read(ctx, fmt.Sprintf(ingressesPath, namespace)+"/"+routing.TenantIngressName(name), &ingress); err != nil {
		return nil, err
	}
	delete(ingress, "status")
	var err error
	l.ingress, err = asManifest(ingress)
	return l, err
}

// recordDeletion copies the event of the Tenant's deletion, when it is gone.
func (l *apiLimit) recordDeletion(ctx context.Context) (err error) {
	l.dropped, err = l.readEvent(ctx, v1alpha1.ReasonSchemaDropped)
	return err
}

func (l *apiLimit) read(ctx context.Context, path string, into any) error {
	answer, err := l.client.Get().AbsPath(path).DoRaw(ctx)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// readEvent waits for an event about the Tenant, which the operator writes after everything else.
func (l *apiLimit) readEvent(ctx context.Context, reason string) (manifest string, err error) {
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		var list struct{ Items []map[string]any }
		if err := l.read(ctx, fmt.Sprintf(eventsPath, namespace), &list); err != nil {
			return false, err
		}
		for _, event := range list.Items {
			regarding, _ := event["regarding"].(map[string]any)
			if event["reason"] == reason && regarding["name"] == l.name {
				manifest, err = asManifest(event)
				return true, err
			}
		}
		return false, nil
	})
	if err != nil {
		return "", fmt.Errorf("wait for the event %s about the Tenant %s: %w", reason, l.name, err)
	}
	return manifest, nil
}

// asManifest converts an object as the API server returns it into the manifest that was sent.
func asManifest(object map[string]any) (string, error) {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return "", errors.New("the object has no metadata")
	}
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace"} {
		delete(metadata, field)
	}
	if regarding, ok := object["regarding"].(map[string]any); ok {
		regarding["namespace"] = limitNamespace
	}
	manifest, err := json.Marshal(object)
	return string(manifest), err
}

// fill replaces the Tenant in a copied object.
func (l *apiLimit) fill(manifest, name, uid string) []byte {
	return []byte(strings.NewReplacer(
		l.name, name, naming.Schema(l.name), naming.Schema(name), l.uid, uid,
	).Replace(manifest))
}

// create performs the three writes of a new Tenant: the Tenant, its Ingress and its status.
func (l *apiLimit) create(ctx context.Context, _ int, name string) error {
	answer, err := createTenant(ctx, l.client, limitNamespace, name, v1alpha1.DeletionPolicyDelete)
	if err != nil {
		return err
	}
	var created struct{ Metadata metav1.ObjectMeta }
	if err := json.Unmarshal(answer, &created); err != nil {
		return fmt.Errorf("read the Tenant %s: %w", name, err)
	}
	uid := string(created.Metadata.UID)
	if _, err := postObject(ctx, l.client, fmt.Sprintf(ingressesPath, limitNamespace), l.fill(l.ingress, name, uid)); err != nil {
		return err
	}
	return l.patch(ctx, fmt.Sprintf(tenantsPath, limitNamespace)+"/"+name+"/status", l.fill(l.status, name, uid))
}

// drop performs the four writes of a deletion: the Tenant, its Ingress, the event and the finalizer.
func (l *apiLimit) drop(ctx context.Context, _ int, name string) error {
	tenant := fmt.Sprintf(tenantsPath, limitNamespace) + "/" + name
	answer, err := remove(ctx, l.client, tenant)
	if err != nil {
		return err
	}
	var ended struct{ Metadata metav1.ObjectMeta }
	if err := json.Unmarshal(answer, &ended); err != nil {
		return fmt.Errorf("read the Tenant %s: %w", name, err)
	}
	ingress := fmt.Sprintf(ingressesPath, limitNamespace) + "/" + routing.TenantIngressName(name)
	if _, err := remove(ctx, l.client, ingress); err != nil {
		return err
	}
	if _, err := postObject(ctx, l.client, fmt.Sprintf(eventsPath, limitNamespace), l.fill(l.dropped, name, string(ended.Metadata.UID))); err != nil {
		return err
	}
	return l.patch(ctx, tenant, fmt.Appendf(nil, `{"metadata":{"finalizers":null,"resourceVersion":%q}}`, ended.Metadata.ResourceVersion))
}

func (l *apiLimit) patch(ctx context.Context, path string, body []byte) error {
	if _, err := l.client.Patch(types.MergePatchType).AbsPath(path).Body(body).DoRaw(ctx); err != nil {
		return fmt.Errorf("patch %s: %w", path, err)
	}
	return nil
}

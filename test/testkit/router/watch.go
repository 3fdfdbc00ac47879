package router

import (
	"context"
	"errors"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Watch keeps the table in sync with the Ingresses of a namespace until ctx ends. It
// returns when all existing ones are in the table.
func Watch(ctx context.Context, config *rest.Config, namespace string, table *Table) error {
	client, err := ingressClient(config)
	if err != nil {
		return fmt.Errorf("prepare the watch of Ingresses: %w", err)
	}
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(client, "ingresses", namespace, fields.Everything()),
		ObjectType:    &networkingv1.Ingress{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { set(table, object) },
			UpdateFunc: func(_, object any) { set(table, object) },
			DeleteFunc: func(object any) { remove(table, object) },
		},
	})
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.Join(errors.New("the Ingresses were not read in time"), ctx.Err())
	}
	return nil
}

// ingressClient supports one API group only, because the client of all groups takes a
// minute to compile.
func ingressClient(config *rest.Config) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	if err := networkingv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.APIPath = "/apis"
	config.GroupVersion = &networkingv1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientFor(config)
}

func set(table *Table, object any) {
	if ingress, ok := object.(*networkingv1.Ingress); ok {
		table.Set(ingress)
	}
}

func remove(table *Table, object any) {
	if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	if ingress, ok := object.(*networkingv1.Ingress); ok {
		table.Delete(ingress.Namespace, ingress.Name)
	}
}

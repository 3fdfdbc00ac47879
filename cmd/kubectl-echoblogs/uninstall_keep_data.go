package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/bootstrap"
)

// operatorDeployment is the Deployment of the operator.
const operatorDeployment = "echoblogs-operator"

// keepData removes the objects while no operator runs: one would end the Tenants that are deleted.
func (u *uninstallation) keepData(ctx context.Context) error {
	if err := u.stopPrograms(ctx); err != nil {
		return err
	}
	platforms, err := u.platforms(ctx)
	if err != nil {
		return err
	}
	var reports []string
	for i := range platforms {
		reports = append(reports, u.report(ctx, &platforms[i], true))
	}
	tenants, err := u.tenants(ctx)
	if err != nil {
		return err
	}
	if err := each(ctx, tenants, func(ctx context.Context, t *v1alpha1.Tenant) error { return u.release(ctx, t) }); err != nil {
		return err
	}
	if err := u.deleteIngresses(ctx); err != nil {
		return err
	}
	if err := each(ctx, platforms, func(ctx context.Context, p *v1alpha1.Platform) error { return u.release(ctx, p) }); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "Removed %d Tenants and %d Platforms from the namespace %q.\n", len(tenants), len(platforms), u.Namespace)
	for _, report := range reports {
		fmt.Fprintln(u.out, report)
	}
	u.unlabelNamespace(ctx)
	return nil
}

// unlabelNamespace removes the label that says that an operator serves the namespace. A user who may not do that can leave it to
// others: nothing else depends on it.
func (u *uninstallation) unlabelNamespace(ctx context.Context) {
	if err := bootstrap.UnlabelNamespace(ctx, u.Client, u.Namespace); err != nil {
		fmt.Fprintf(u.out, "The namespace still says that an operator serves it: %s. An administrator of the cluster can run\n  kubectl label namespace %s %s-\n",
			err, u.Namespace, v1alpha1.LabelServed)
	}
}

// stopPrograms stops the public site, which creates Tenants, and the operator.
func (u *uninstallation) stopPrograms(ctx context.Context) error {
	var namespace corev1.Namespace
	if err := u.Client.Get(ctx, client.ObjectKey{Name: u.Namespace}, &namespace); err != nil {
		return fmt.Errorf("read the namespace: %w", err)
	}
	for _, name := range []string{siteDeployment, operatorDeployment} {
		switch found, err := u.stopDeployment(ctx, name); {
		case err != nil:
			return err
		case !found && name == operatorDeployment && namespace.DeletionTimestamp.IsZero() && !u.operatorStopped:
			return fmt.Errorf("there is no Deployment %q in the namespace %q. An operator that runs elsewhere would end the Tenants: stop it, and repeat the command with --operator-stopped",
				name, u.Namespace)
		}
	}
	return nil
}

// release removes our finalizer from an object and deletes it, so that nobody has anything to end. Finalizers of others stay. It
// begins again if the object changes in between: an operator would put the finalizer back.
func (u *uninstallation) release(ctx context.Context, object client.Object) error {
	name := fmt.Sprintf("%T %s", object, object.GetName())
	for {
		err := u.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil && controllerutil.RemoveFinalizer(object, v1alpha1.Finalizer) {
			err = u.Client.Update(ctx, object)
		}
		if err == nil && object.GetDeletionTimestamp().IsZero() {
			uid, version := object.GetUID(), object.GetResourceVersion()
			err = u.Client.Delete(ctx, object, client.Preconditions{UID: &uid, ResourceVersion: &version})
		}
		if !apierrors.IsConflict(err) {
			if client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("release %s: %w", name, err)
			}
			return nil
		}
	}
}

package main

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// stopDeployment scales a Deployment to zero and waits until its pods have stopped. It reports whether there is one.
func (u *uninstallation) stopDeployment(ctx context.Context, name string) (found bool, err error) {
	key := client.ObjectKey{Namespace: u.Namespace, Name: name}
	var deployment appsv1.Deployment
	err = u.Client.Get(ctx, key, &deployment)
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read Deployment %s: %w", name, err)
	}
	before := deployment.DeepCopy()
	deployment.Spec.Replicas = new(int32(0))
	if err := u.Client.Patch(ctx, &deployment, client.MergeFrom(before)); err != nil {
		return true, fmt.Errorf("stop Deployment %s: %w", name, err)
	}
	// With other replicas than before, the next upgrade by Helm 4 would fail with a conflict.
	if replicas := *before.Spec.Replicas; replicas > 0 {
		fmt.Fprintf(u.out, "Stopped the Deployment %q. This would start it again:\n  kubectl -n %s scale deployment %s --replicas=%d\n\n", name, u.Namespace, name, replicas)
	}
	return true, u.awaitStopped(ctx, &deployment)
}

// awaitStopped waits until no pod of a Deployment runs. Pods that have ended, such as evicted ones, may stay.
func (u *uninstallation) awaitStopped(ctx context.Context, deployment *appsv1.Deployment) error {
	var running []string
	return u.await(ctx, wait{
		what: "the pods of " + deployment.Name + " have stopped",
		left: func(ctx context.Context) (int, error) {
			var pods corev1.PodList
			err := u.Client.List(ctx, &pods, client.InNamespace(u.Namespace), client.MatchingLabels(deployment.Spec.Selector.MatchLabels))
			if err != nil {
				return 0, fmt.Errorf("list the pods of %s: %w", deployment.Name, err)
			}
			running = nil
			for _, pod := range pods.Items {
				if pod.Status.Phase != corev1.PodFailed && pod.Status.Phase != corev1.PodSucceeded {
					running = append(running, pod.Name)
				}
			}
			return len(running), nil
		},
		stalled: func(int) error {
			return fmt.Errorf("pods of %s do not stop: %s. Check their nodes; if a node is lost, delete its pods with --force; then repeat the command",
				deployment.Name, strings.Join(running, ", "))
		},
	})
}

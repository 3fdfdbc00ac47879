package ingress

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// certificateRetry is the polling interval for a certificate: the operator may get Secrets by name, but not watch them.
const certificateRetry = 5 * time.Second

// PendingCertificate returns a waiting error for the first TLS Secret of an Ingress that has no certificate yet, or nil.
func (a Applier) PendingCertificate(ctx context.Context, ingress *networkingv1.Ingress) (*step.Error, error) {
	for _, tls := range ingress.Spec.TLS {
		var secret corev1.Secret
		err := a.Secrets.Get(ctx, types.NamespacedName{Namespace: ingress.Namespace, Name: tls.SecretName}, &secret)
		if apierrors.IsNotFound(err) || err == nil && len(secret.Data[corev1.TLSCertKey]) == 0 {
			return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonCertificatePending,
				fmt.Sprintf("Waiting for the certificate of %s in the Secret %q.", status.Quote(tls.Hosts), tls.SecretName), certificateRetry), nil
		}
		if err != nil {
			return nil, fmt.Errorf("read Secret %s: %w", tls.SecretName, err)
		}
	}
	return nil, nil
}

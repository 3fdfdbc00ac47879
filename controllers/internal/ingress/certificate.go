package ingress

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/status"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

// The operator may get Secrets by name, but not watch them, so it polls.
const (
	// certificateRetry is the polling interval for a certificate that is being issued.
	certificateRetry = 5 * time.Second
	// invalidRetry is the polling interval for a certificate that has to be replaced.
	invalidRetry = time.Minute
	// maxNames is how many names of a certificate a message lists.
	maxNames = 3
)

// CheckCertificates returns a waiting error for the first TLS Secret of an Ingress without a valid certificate for its
// hosts, or nil, and when the first of the certificates expires. Zero: there is none.
func (a Applier) CheckCertificates(ctx context.Context, ingress *networkingv1.Ingress, now time.Time) (problem *step.Error, expires time.Time, err error) {
	for _, tls := range ingress.Spec.TLS {
		var secret corev1.Secret
		err := a.Live.Get(ctx, types.NamespacedName{Namespace: ingress.Namespace, Name: tls.SecretName}, &secret)
		if apierrors.IsNotFound(err) || err == nil && len(secret.Data[corev1.TLSCertKey]) == 0 {
			return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonCertificatePending,
				fmt.Sprintf("Waiting for the certificate of %s in the Secret %q.", status.Quote(tls.Hosts), tls.SecretName), certificateRetry), time.Time{}, nil
		}
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read Secret %s: %w", tls.SecretName, err)
		}
		certificate, sentence := checkCertificate(secret.Data[corev1.TLSCertKey], tls, now)
		if sentence != "" {
			return step.Waiting(v1alpha1.ConditionRouteReady, v1alpha1.ReasonCertificateInvalid, sentence, invalidRetry), time.Time{}, nil
		}
		if expires.IsZero() || certificate.NotAfter.Before(expires) {
			expires = certificate.NotAfter
		}
	}
	return nil, expires, nil
}

// checkCertificate returns the certificate that a server would present, the first of the chain, or a sentence that says why
// browsers would refuse it. It does not check who signed it: the platform may have its own authority.
func checkCertificate(chain []byte, tls networkingv1.IngressTLS, now time.Time) (certificate *x509.Certificate, sentence string) {
	block, _ := pem.Decode(chain)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Sprintf("The Secret %q contains no certificate in PEM format.", tls.SecretName)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Sprintf("The certificate in the Secret %q cannot be read.", tls.SecretName)
	}
	for _, host := range tls.Hosts {
		if !covers(certificate, host) {
			return nil, fmt.Sprintf("The certificate in the Secret %q does not cover %q: %s.", tls.SecretName, host, describeNames(certificate.DNSNames))
		}
	}
	switch {
	case now.After(certificate.NotAfter):
		return nil, fmt.Sprintf("The certificate of %s in the Secret %q expired at %s.", status.Quote(tls.Hosts), tls.SecretName, certificate.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(certificate.NotBefore):
		return nil, fmt.Sprintf("The certificate of %s in the Secret %q is not valid before %s.", status.Quote(tls.Hosts), tls.SecretName, certificate.NotBefore.UTC().Format(time.RFC3339))
	}
	return certificate, ""
}

// covers reports whether a certificate is for a host of an Ingress, which may be a wildcard.
func covers(certificate *x509.Certificate, host string) bool {
	if strings.HasPrefix(host, "*.") {
		return slices.ContainsFunc(certificate.DNSNames, func(name string) bool { return strings.EqualFold(name, host) })
	}
	return certificate.VerifyHostname(host) == nil
}

func describeNames(names []string) string {
	if len(names) == 0 {
		return "it has no host names"
	}
	listed := "it is for " + status.Quote(names[:min(len(names), maxNames)])
	if more := len(names) - maxNames; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return listed
}

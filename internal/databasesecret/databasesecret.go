// Package databasesecret reads the address of a Platform's database from its Secret.
package databasesecret

import (
	"context"
	"fmt"
	"net"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// InvalidError says that the Secret of a database is missing or does not hold an address.
type InvalidError struct {
	// Secret is the name of the Secret.
	Secret string
	// Problem is what is wrong, in lower case and without a full stop.
	Problem string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("read Secret %s: %s", e.Secret, e.Problem)
}

// ReadURI returns the address of a Platform's database, which includes the password. It is the Secret's key "uri", or made
// of the keys that CloudNativePG writes. An *InvalidError says what is missing.
func ReadURI(ctx context.Context, secrets client.Reader, platform *v1alpha1.Platform) (string, error) {
	name := platform.Spec.Database.SecretRef.Name
	var secret corev1.Secret
	if err := secrets.Get(ctx, types.NamespacedName{Namespace: platform.Namespace, Name: name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return "", &InvalidError{Secret: name, Problem: "it does not exist"}
		}
		return "", fmt.Errorf("read Secret %s: %w", name, err)
	}
	if uri := secret.Data["uri"]; len(uri) > 0 {
		return string(uri), nil
	}
	host, user := string(secret.Data["host"]), string(secret.Data["user"])
	if user == "" {
		user = string(secret.Data["username"])
	}
	if host == "" || user == "" || len(secret.Data["dbname"]) == 0 {
		return "", &InvalidError{Secret: name, Problem: `it must have the key "uri", or the keys host, port, dbname, user and password`}
	}
	port := string(secret.Data["port"])
	if port == "" {
		port = "5432"
	}
	uri := url.URL{
		Scheme: "postgres", Host: net.JoinHostPort(host, port), Path: "/" + string(secret.Data["dbname"]),
		User: url.UserPassword(user, string(secret.Data["password"])),
	}
	return uri.String(), nil
}

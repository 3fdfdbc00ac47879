// Package databasesecret reads the address of a Platform's database from its Secret.
package databasesecret

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

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
	// Values that were piped from echo or a file end with a newline. A password may begin or end with a space.
	value := func(key string) string { return strings.TrimRight(string(secret.Data[key]), "\r\n") }
	if uri := strings.TrimSpace(value("uri")); uri != "" {
		return uri, nil
	}
	host, user, database := value("host"), cmp.Or(value("user"), value("username")), value("dbname")
	if host == "" || user == "" || database == "" {
		return "", &InvalidError{Secret: name, Problem: `it must have the key "uri", or the keys host, port, dbname, user and password`}
	}
	uri := url.URL{
		Scheme: "postgres", Host: net.JoinHostPort(host, cmp.Or(value("port"), "5432")), Path: "/" + database,
		User: url.UserPassword(user, value("password")),
	}
	return uri.String(), nil
}

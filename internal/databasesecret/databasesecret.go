// Package databasesecret reads the address of a Platform's database from its Secret.
package databasesecret

import (
	"cmp"
	"context"
	"crypto/x509"
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

// Connection is how to connect to a database.
type Connection struct {
	// URI is the address, which includes the password.
	URI string
	// CA is the certificate of the authority that signed the server's, in PEM format. Empty: any that the system trusts.
	CA string
}

// Read returns the connection to a Platform's database. The address is the Secret's key "uri", or made of the keys that
// CloudNativePG writes. An *InvalidError says what is missing.
func Read(ctx context.Context, secrets client.Reader, platform *v1alpha1.Platform) (Connection, error) {
	uri, err := readURI(ctx, secrets, platform)
	if err != nil {
		return Connection{}, err
	}
	ca, err := readCA(ctx, secrets, platform)
	return Connection{URI: uri, CA: ca}, err
}

func readURI(ctx context.Context, secrets client.Reader, platform *v1alpha1.Platform) (string, error) {
	name := platform.Spec.Database.SecretRef.Name
	secret, err := readSecret(ctx, secrets, platform.Namespace, name)
	if err != nil {
		return "", err
	}
	// Values that were piped from echo or a file end with a newline. A password may begin or end with a space.
	value := func(key string) string { return strings.TrimRight(string(secret.Data[key]), "\r\n") }
	switch uri := strings.TrimSpace(value("uri")); {
	case strings.HasPrefix(uri, "/"): // which would be a file of the operator's
		return "", &InvalidError{Secret: name, Problem: `its key "uri" must be of the form postgres://user:password@host:port/database`}
	case uri != "":
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

// readCA returns the certificate of the authority of a Platform's database, or "" if the Platform names none.
func readCA(ctx context.Context, secrets client.Reader, platform *v1alpha1.Platform) (string, error) {
	ref := platform.Spec.Database.CASecretRef
	if ref == nil {
		return "", nil
	}
	secret, err := readSecret(ctx, secrets, platform.Namespace, ref.Name)
	if err != nil {
		return "", err
	}
	ca := string(secret.Data[corev1.ServiceAccountRootCAKey])
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(ca)) {
		return "", &InvalidError{Secret: ref.Name, Problem: `its key "ca.crt" must hold a certificate in PEM format`}
	}
	return ca, nil
}

func readSecret(ctx context.Context, secrets client.Reader, namespace, name string) (*corev1.Secret, error) {
	var secret corev1.Secret
	if err := secrets.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, &InvalidError{Secret: name, Problem: "it does not exist"}
		}
		return nil, fmt.Errorf("read Secret %s: %w", name, err)
	}
	return &secret, nil
}

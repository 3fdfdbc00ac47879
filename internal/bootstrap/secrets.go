package bootstrap

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
)

// administrator returns the address of the database with the administrator's password, and the certificate of its authority.
func (o DatabaseOptions) administrator(ctx context.Context) (uri *url.URL, ca string, err error) {
	if uri, ca, err = o.readAddress(ctx, o.AdministratorSecret); err != nil {
		return nil, "", fmt.Errorf("find the administrator of the database: %w", err)
	}
	if o.DatabaseName != "" {
		uri.Path = "/" + o.DatabaseName
	}
	return uri, ca, nil
}

// readSecret reads the password of a role, if its Secret exists.
func (o DatabaseOptions) readSecret(ctx context.Context, r *role) error {
	err := o.Client.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: r.secret}, &corev1.Secret{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Secret %s: %w", r.secret, err)
	}
	uri, _, err := o.readAddress(ctx, r.secret)
	if err != nil {
		return err
	}
	if user := uri.User.Username(); user != r.name {
		return fmt.Errorf("the Secret %s has the database user %q, but postgres.rolePrefix=%s makes it %s: change the prefix or the Secret", r.secret, user, o.RolePrefix, r.name)
	}
	r.password, _ = uri.User.Password()
	r.stored = uri
	return nil
}

// createSecrets creates the Secrets that do not exist, with random passwords.
func (o DatabaseOptions) createSecrets(ctx context.Context, administrator *url.URL, roles []*role) error {
	for _, r := range roles {
		if r.stored != nil {
			continue
		}
		r.password = rand.Text()
		uri := addressOf(administrator, r)
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: o.Namespace, Name: r.secret, Labels: map[string]string{"app.kubernetes.io/part-of": "echoblogs"},
			},
			StringData: map[string]string{"uri": uri.String()},
		}
		if err := o.Client.Create(ctx, secret, fieldOwner); err != nil {
			return fmt.Errorf("create Secret %s: %w", r.secret, err)
		}
		o.Log.LogAttrs(ctx, slog.LevelInfo, "Created the Secret with the password of a database role", slog.String("secret", r.secret), slog.String("role", r.name))
	}
	return nil
}

// credentials are the parameters of an address that say who connects, instead of user and password before the host.
var credentials = []string{"user", "password", "passfile", "sslcert", "sslkey", "sslpassword", "service", "servicefile", "options"}

// addressOf returns the address for a role: the administrator's, without what belongs to the administrator alone.
func addressOf(administrator *url.URL, r *role) *url.URL {
	uri := *administrator
	uri.User = url.UserPassword(r.name, r.password)
	if parameters := uri.Query(); slices.ContainsFunc(credentials, parameters.Has) {
		for _, name := range credentials {
			parameters.Del(name)
		}
		uri.RawQuery = parameters.Encode()
	}
	return &uri
}

// readAddress returns the address in a Secret, as the operator reads it from the one that the Platform names, and the
// certificate of the authority.
func (o DatabaseOptions) readAddress(ctx context.Context, secret string) (uri *url.URL, ca string, err error) {
	platform := &v1alpha1.Platform{ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace}}
	platform.Spec.Database.SecretRef.Name = secret
	if o.CASecret != "" {
		platform.Spec.Database.CASecretRef = &v1alpha1.SecretReference{Name: o.CASecret}
	}
	connection, err := databasesecret.Read(ctx, o.Client, platform)
	var invalid *databasesecret.InvalidError
	if errors.As(err, &invalid) {
		return nil, "", fmt.Errorf("the Secret %s/%s cannot be used: %s", o.Namespace, invalid.Secret, invalid.Problem)
	}
	if err != nil {
		return nil, "", err
	}
	uri, err = url.Parse(connection.URI)
	if err != nil || uri.Host == "" || uri.User == nil || uri.Scheme != "postgres" && uri.Scheme != "postgresql" {
		// The error of url.Parse quotes the address, which contains the password.
		return nil, "", fmt.Errorf("the Secret %s/%s has no address of the form postgres://user:password@host:port/database", o.Namespace, secret)
	}
	return uri, connection.CA, nil
}

package databasesecret_test

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
)

func TestRead(t *testing.T) {
	t.Parallel()
	platform := &v1alpha1.Platform{ObjectMeta: metav1.ObjectMeta{Namespace: "blogs", Name: "default"}}
	platform.Spec.Database.SecretRef.Name = "db"
	tests := map[string]struct {
		secret map[string]string
		want   string
		err    string
	}{
		"the key uri":           {map[string]string{"uri": "postgres://a:b@c/d", "host": "other"}, "postgres://a:b@c/d", ""},
		"keys of CloudNativePG": {map[string]string{"host": "db-rw", "port": "6432", "dbname": "blogs", "username": "app", "password": "p@ss"}, "postgres://app:p%40ss@db-rw:6432/blogs", ""},
		"a newline at the end":  {map[string]string{"uri": "postgres://a:b@c/d\n"}, "postgres://a:b@c/d", ""},
		"newlines at the ends":  {map[string]string{"host": "db-rw\n", "dbname": "blogs\r\n", "user": "app\n", "password": " x \n"}, "postgres://app:%20x%20@db-rw:5432/blogs", ""},
		"no port":               {map[string]string{"host": "db-rw", "dbname": "blogs", "user": "app", "password": "x"}, "postgres://app:x@db-rw:5432/blogs", ""},
		"no host": {
			map[string]string{"dbname": "blogs", "user": "app"}, "",
			`read Secret db: it must have the key "uri", or the keys host, port, dbname, user and password`,
		},
		"a file":    {map[string]string{"uri": "/etc/passwd"}, "", `read Secret db: its key "uri" must be of the form postgres://user:password@host:port/database`},
		"no Secret": {nil, "", "read Secret db: it does not exist"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secrets := fake.NewClientBuilder()
			if test.secret != nil {
				secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "blogs", Name: "db"}, Data: map[string][]byte{}}
				for key, value := range test.secret {
					secret.Data[key] = []byte(value)
				}
				secrets.WithObjects(secret)
			}
			connection, err := databasesecret.Read(t.Context(), secrets.Build(), platform)
			if connection.URI != test.want {
				t.Errorf("Read returned %q, want %q", connection.URI, test.want)
			}
			var invalid *databasesecret.InvalidError
			if (test.err != "") != errors.As(err, &invalid) || invalid != nil && err.Error() != test.err {
				t.Errorf("Read returned the error %v, want %q", err, test.err)
			}
		})
	}
}

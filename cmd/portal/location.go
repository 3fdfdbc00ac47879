package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/internal/portal"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// location selects a Platform and its API server.
type location struct{ kubeconfig, namespace, platform string }

func (l *location) register(flags *pflag.FlagSet) {
	flags.StringVar(&l.kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "the kubeconfig file; defaults to $KUBECONFIG, or else to the pod's service account")
	flags.StringVar(&l.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the namespace of the Platform and its Tenants; defaults to $POD_NAMESPACE")
	flags.StringVar(&l.platform, "platform", "default", "the Platform of the public site")
}

// complete sets the addresses of the API server and the database.
func (l *location) complete(o *portal.Options) error {
	if l.namespace == "" {
		return errors.New("set the namespace with --namespace or the environment variable POD_NAMESPACE")
	}
	o.Namespace, o.Platform = l.namespace, l.platform
	var err error
	if o.DatabaseURI, err = postgres.AddressFromEnv("ECHOBLOGS_DATABASE_URI"); err != nil {
		return err
	}
	if o.DatabaseURI == "" {
		return errors.New("the address of the database is not set: set ECHOBLOGS_DATABASE_URI, or ECHOBLOGS_DATABASE_URI_FILE to the name of a file")
	}
	o.Kubernetes, err = rest.InClusterConfig()
	if l.kubeconfig != "" {
		o.Kubernetes, err = clientcmd.BuildConfigFromFlags("", l.kubeconfig)
	}
	if err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	return nil
}

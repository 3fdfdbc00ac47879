package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/internal/portal"
	"github.com/echoblogs/echoblogs/internal/web"
)

// location says which Platform a command is about, and how its API server is reached.
type location struct{ kubeconfig, namespace, platform string }

func (l *location) register(flags *pflag.FlagSet) {
	flags.StringVar(&l.kubeconfig, "kubeconfig", "", "how to reach the API server; by default as pods do")
	flags.StringVar(&l.namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the namespace of the Platform and its Tenants")
	flags.StringVar(&l.platform, "platform", "default", "the Platform whose public site this is")
}

// complete adds where the API server and the database are.
func (l *location) complete(o *portal.Options) error {
	if l.namespace == "" {
		return errors.New("say in which namespace the Platform is: --namespace")
	}
	o.Namespace, o.Platform = l.namespace, l.platform
	var err error
	if o.DatabaseURI, err = web.SecretFromEnv("ECHOBLOGS_DATABASE_URI"); err != nil {
		return err
	}
	if o.DatabaseURI == "" {
		return errors.New("say where the database is: in the variable ECHOBLOGS_DATABASE_URI, or in a file that ECHOBLOGS_DATABASE_URI_FILE names")
	}
	if o.Kubernetes, err = clientcmd.BuildConfigFromFlags("", l.kubeconfig); err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	return nil
}

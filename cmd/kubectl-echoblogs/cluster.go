package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/commands"
)

// timeout limits the duration of one command.
const timeout = time.Minute

// clusterFlags select the cluster and the namespace, like those of kubectl.
type clusterFlags struct {
	kubeconfig, context, namespace, databaseURI string
	// portal and operator are the programs of a public site and an operator that do not run in a Deployment. Empty: they do.
	portal, operator string
}

func (f *clusterFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig file; defaults to $KUBECONFIG or ~/.kube/config")
	flags.StringVar(&f.context, "context", "", "the context of the kubeconfig file; defaults to its current one")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "the namespace; defaults to the context's")
	flags.StringVar(&f.portal, "portal", os.Getenv(siteProgram.variable), "the program that runs the commands of the public site, with its settings, if the site does not run in the Deployment "+siteProgram.deployment+"; defaults to $"+siteProgram.variable)
	flags.StringVar(&f.operator, "operator", os.Getenv(operatorProgram.variable), "the program that runs commands with the operator's settings, if the operator does not run in the Deployment "+operatorProgram.deployment+"; defaults to $"+operatorProgram.variable)
	flags.StringVar(&f.databaseURI, "database-uri", "", "the address of the database as seen from this machine, such as a forwarded port; defaults to the one in the Platform's Secret")
}

// cluster is the installation in one namespace.
type cluster struct{ commands.Installation }

func (f *clusterFlags) connect() (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	// Priority and fairness of the API server share it out, as for kubectl.
	config.QPS = -1
	namespace := f.namespace
	if namespace == "" {
		if namespace, _, err = loader.Namespace(); err != nil {
			return nil, fmt.Errorf("read the namespace of the kubeconfig: %w", err)
		}
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(appsv1.AddToScheme(scheme), corev1.AddToScheme(scheme), networkingv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("register the API types: %w", err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("create the client: %w", err)
	}
	return &cluster{commands.Installation{
		Client: c, Namespace: namespace, DatabaseURI: f.databaseURI, Program: "kubectl-echoblogs",
		Hint: "From outside the cluster, forward a port to it and set --database-uri",
	}}, nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

const (
	// namespace is the namespace of the operator. limitNamespace has no operator.
	namespace      = "echoblogs"
	limitNamespace = "limits"
	// domain is the parent domain of the Tenants' hosts.
	domain = "example.com"
	// startTimeout bounds the start of the operator and the blog.
	startTimeout = time.Minute
)

// addresses are those at which our programs listen, HOST:PORT on loopback.
type addresses struct{ operatorMetrics, operatorHealth, operatorProfiles, blog, bare string }

func (s *stack) chooseAddresses(ctx context.Context) error {
	ports, err := freeport.Find(ctx, 5)
	if err != nil {
		return err
	}
	for i, address := range []*string{
		&s.addresses.operatorMetrics, &s.addresses.operatorHealth, &s.addresses.operatorProfiles, &s.addresses.blog, &s.addresses.bare,
	} {
		*address = fmt.Sprintf("127.0.0.1:%d", ports[i])
	}
	return nil
}

// kubectl runs kubectl as the administrator.
func (s *stack) kubectl(ctx context.Context, input []byte, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(s.programs.kubernetes, "kubectl"), append([]string{"--kubeconfig=" + s.kubeconfig("administrator")}, arguments...)...)
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(output), nil
}

func (s *stack) kubeconfig(user string) string { return filepath.Join(s.private(), user+".kubeconfig") }

// applyInstallation applies the manifests of an installation. The operator uses the token of its ServiceAccount.
func (s *stack) applyInstallation(ctx context.Context) error {
	if err := s.controlPlane.WriteAdministratorKubeconfig(s.kubeconfig("administrator")); err != nil {
		return err
	}
	for _, arguments := range [][]string{
		{"apply", "--server-side", "--filename=hack/dev/manifests"},
		{"create", "namespace", limitNamespace},
		{"wait", "--for=condition=Established", "--timeout=60s", "--filename=charts/echoblogs/crds"},
	} {
		if _, err := s.kubectl(ctx, nil, arguments...); err != nil {
			return err
		}
	}
	token, err := s.kubectl(ctx, nil, "create", "token", "echoblogs-operator", "--duration=24h")
	if err != nil {
		return err
	}
	if err := s.controlPlane.WriteTokenKubeconfig(s.kubeconfig("operator"), strings.TrimSpace(token)); err != nil {
		return err
	}
	s.client, err = restClient(s.kubeconfig("administrator"))
	return err
}

// restClient returns a client for plain bytes, without a rate limit.
func restClient(kubeconfig string) (*rest.RESTClient, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	config.QPS = -1
	config.NegotiatedSerializer = serializer.NewCodecFactory(runtime.NewScheme()).WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("create a client of the API server: %w", err)
	}
	return client, nil
}

func (s *stack) applyPlatform(ctx context.Context) error {
	const secret = "echoblogs-database"
	for _, object := range []any{
		corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{Name: secret},
			StringData: map[string]string{"uri": s.databases.operator[platformDatabase]},
		},
		v1alpha1.Platform{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Platform"},
			ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.DefaultPlatform},
			Spec: v1alpha1.PlatformSpec{
				Domains: []v1alpha1.ParentDomain{domain}, PublicURL: "https://" + domain,
				Database:   v1alpha1.DatabaseSpec{SecretRef: v1alpha1.SecretReference{Name: secret}},
				Backend:    v1alpha1.ServiceReference{Name: "echoblogs-blog"},
				Routing:    &v1alpha1.RoutingSpec{IngressClassName: "demo"},
				Protection: &v1alpha1.ProtectionSpec{MaxDeletionsPerHour: new(int32(1_000_000))},
			},
		},
	} {
		manifest, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("write a manifest: %w", err)
		}
		if _, err := s.kubectl(ctx, manifest, "apply", "--server-side", "--filename=-"); err != nil {
			return err
		}
	}
	_, err := s.kubectl(ctx, nil, "wait", "--for=condition=Ready", "--timeout=60s", "platform/"+v1alpha1.DefaultPlatform)
	return err
}

// startOperator returns when the operator is ready.
func (s *stack) startOperator(ctx context.Context) error {
	operator, err := process.Start(ctx, process.Spec{
		Name: "operator", Path: filepath.Join(s.programs.own, "operator"), LogFile: s.log("operator"),
		Args: []string{
			"run", "--namespace=" + namespace, "--kubeconfig=" + s.kubeconfig("operator"), "--probe-address=" + s.addresses.blog,
			"--metrics-address=" + s.addresses.operatorMetrics, "--health-address=" + s.addresses.operatorHealth,
			"--pprof-address=" + s.addresses.operatorProfiles,
		},
	})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	s.operator, s.operatorStop = operator, stop
	go func() {
		<-operator.Done()
		select {
		case <-stop:
		default:
			s.fail(operator.Ended())
		}
	}()
	return waitUntilReady(ctx, operator, s.addresses.operatorHealth)
}

// stopOperator stops the operator if it is running.
func (s *stack) stopOperator(ctx context.Context) error {
	if s.operator == nil {
		return nil
	}
	close(s.operatorStop)
	operator := s.operator
	s.operator = nil
	return operator.Stop(ctx)
}

// startBlog returns when the blog is ready.
func (s *stack) startBlog(ctx context.Context) error {
	blog, err := process.Start(ctx, process.Spec{
		Name: "blog", Path: filepath.Join(s.programs.own, "blog"), LogFile: s.log("blog"),
		Args: []string{"run", "--address=" + s.addresses.blog, "--metrics-address=0"},
		Env:  []string{"ECHOBLOGS_DATABASE_URI_FILE=" + s.databases.blogFile},
	})
	if err != nil {
		return err
	}
	s.blog = blog
	go func() { s.fail(blog.Ended()) }()
	return waitUntilReady(ctx, blog, s.addresses.blog)
}

// waitUntilReady returns when /readyz of the program responds with 200.
func waitUntilReady(ctx context.Context, program *process.Process, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return program.WaitUntil(ctx, func(ctx context.Context) error {
		_, err := get(ctx, "http://"+address+"/readyz")
		return err
	})
}

package node

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/components"
)

// traefikAddress is the ClusterIP of Traefik.
const traefikAddress = "10.96.0.80"

//go:embed manifests
var manifests embed.FS

// readyTimeout bounds the time until the pods of the node itself are ready.
const readyTimeout = 3 * time.Minute

// part is a part of a node that runs in pods.
type part struct {
	// name is that of its manifest, and of the add-on.
	name, namespace string
	// deployments have the names of their programs, which are also those of their images.
	deployments []string
}

var parts = []part{
	{"dns", "kube-system", []string{"coredns"}},
	{Traefik, "traefik", []string{"traefik"}},
	{Flux, "flux-system", []string{"source-controller", "kustomize-controller"}},
}

// parts returns DNS and the add-ons.
func (n *Node) parts() []part {
	return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.name != "dns" && !n.has(p.name) })
}

// installParts installs DNS and the add-ons, and returns when they are ready.
func (n *Node) installParts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	values := strings.NewReplacer(
		"DNS_ADDRESS", components.DNSAddress, "CLUSTER_DOMAIN", components.Domain,
		"NODE_ADDRESS", components.Address, "HOST_NAME", components.HostName, "POSTGRES_NAME", components.PostgresName,
		"TRAEFIK_ADDRESS", traefikAddress,
	)
	for _, part := range n.parts() {
		n.options.Progress("Installing " + part.name)
		content, err := manifests.ReadFile("manifests/" + part.name + ".yaml")
		if err != nil {
			return fmt.Errorf("read a manifest: %w", err)
		}
		all := []string{values.Replace(string(content))}
		for _, program := range part.deployments {
			more, err := n.programs.Manifests(program)
			if err != nil {
				return err
			}
			all = append(all, more...)
		}
		if err := n.Apply(ctx, strings.Join(all, "\n---\n")); err != nil {
			return err
		}
	}
	for _, part := range n.parts() {
		for _, deployment := range part.deployments {
			n.options.Progress("Waiting for " + deployment)
			if _, err := n.Kubectl(ctx, "rollout", "status", "--namespace="+part.namespace, "deployment/"+deployment); err != nil {
				return n.explain(err)
			}
		}
	}
	return nil
}

// explain adds to an error what the cluster says about its pods.
func (n *Node) explain(failure error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pods, _ := n.Kubectl(ctx, "get", "nodes,pods", "--all-namespaces", "--output=wide") // an explanation is not essential
	events, _ := n.Kubectl(ctx, "get", "events", "--all-namespaces", "--field-selector=type=Warning")
	return fmt.Errorf("%w\n%s\n%s", failure, pods, events)
}

// Apply applies manifests in YAML.
func (n *Node) Apply(ctx context.Context, yaml string) error {
	_, err := n.kubectl(ctx, yaml, "apply", "--server-side", "--force-conflicts", "--filename=-")
	return err
}

// Kubectl runs kubectl as a cluster administrator, and returns its standard output.
func (n *Node) Kubectl(ctx context.Context, arguments ...string) (string, error) {
	return n.kubectl(ctx, "", arguments...)
}

func (n *Node) kubectl(ctx context.Context, input string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, n.programs.Path("kubectl"), append([]string{"--kubeconfig=" + n.Kubeconfig}, arguments...)...)
	command.Stdin = strings.NewReader(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		return string(output), fmt.Errorf("kubectl %s: %w\n%s", strings.Join(arguments, " "), err, problems.String())
	}
	return string(output), nil
}

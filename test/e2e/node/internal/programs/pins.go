package programs

// pin is a published module with programs, which are built with the dependencies that its own go.mod and go.sum pin.
type pin struct {
	module, version string
	// sum is the checksum of the module, as in a go.sum.
	sum string
	// packages are the programs, relative to the module. Each program is named like the last element of its path.
	packages []string
	tags     string
	// cgo is needed for a library of the system.
	cgo bool
	// flags are further flags of go build.
	flags []string
	// addOn is the part of a node that the programs are for. Empty: every node needs them.
	addOn string
	// files are added to the source. They are made by generators in a release, and are not in the module.
	files map[string]string
	// edits are arguments of go mod edit, which change its go.mod before the build. They need the flag -mod=mod.
	edits []string
	// manifests is a pattern of the names of the module's manifests that are kept with the programs. Defaults to none.
	manifests string
}

// pins are the programs of a node that are not part of Kubernetes.
var pins = []pin{
	{
		module: "github.com/opencontainers/runc", version: "v1.5.2", sum: "h1:eUUowc2WJCnFYzI87C1WqRcu356Dk/wsoi90y+2wEfE=",
		packages: []string{"."},
		// Restricted pods require a seccomp profile.
		tags: "seccomp", cgo: true,
	},
	{
		module: "github.com/containerd/containerd/v2", version: "v2.4.2", sum: "h1:p6Qg+xbEz8lvwdhHDx0U469xENvp4LgGBx+E7djXkGw=",
		packages: []string{"./cmd/containerd", "./cmd/containerd-shim-runc-v2", "./cmd/ctr"},
		tags:     "no_btrfs,no_devmapper",
	},
	{
		module: "github.com/containernetworking/plugins", version: "v1.10.0", sum: "h1:4lwzpgsn5NdIneXrag/EEfKzhNSriJc1zTxZxfdfPLQ=",
		packages: []string{"./plugins/main/loopback", "./plugins/main/ptp", "./plugins/ipam/host-local"},
	},
	{
		module: "github.com/cloudnativelabs/kube-router/v2", version: "v2.1.0", sum: "h1:xWsptKtmZ44L+NjwFKoFAFlVdxCz8fka9A/eYJe95Ok=",
		packages: []string{"./cmd/kube-router"},
	},
	{
		module: "github.com/coredns/coredns", version: "v1.15.0", sum: "h1:OBT+OEyHVdUiVxPhrNlC5XZVq3RkSxzQXfZQ76gm5ck=",
		packages: []string{"."},
	},
	{
		module: "github.com/traefik/traefik/v3", version: "v3.6.12", sum: "h1:6pe4s7aaDTQs+AsF7KP3sM/xnq7zOVvibRQe5tw9eFo=",
		packages: []string{"./cmd/traefik"}, addOn: "traefik",
		// Its go.sum lacks what only its excluded parts need.
		flags:     []string{"-mod=mod"},
		files:     map[string]string{"webui/static/index.html": "The dashboard is not part of this build.\n"},
		manifests: "docs/content/reference/dynamic-configuration/traefik.io_*.yaml",
	},
	// In the go.mod of Flux's controllers a folder replaces their own module api, which the published module lacks.
	{
		module: "github.com/fluxcd/source-controller", version: "v1.9.6", sum: "h1:nG534/bI6nVpyHra7ONAk6xDB3xPsVT+EOLHZHXPrrc=",
		packages: []string{"."}, addOn: "flux",
		flags: []string{"-mod=mod"},
		edits: []string{
			"-dropreplace=github.com/fluxcd/source-controller/api",
			// Not every module proxy has v0.18.3.
			"-replace=github.com/fluxcd/pkg/artifact=github.com/fluxcd/pkg/artifact@v0.18.0",
		},
		manifests: "config/crd/bases/*.yaml",
	},
	{
		module: "github.com/fluxcd/kustomize-controller", version: "v1.9.6", sum: "h1:XB+G3A0mky0j5uVHZWv4oSlS2RvZBoNIUhstIvY0JKE=",
		packages: []string{"."}, addOn: "flux",
		flags:     []string{"-mod=mod"},
		edits:     []string{"-dropreplace=github.com/fluxcd/kustomize-controller/api"},
		manifests: "config/crd/bases/*.yaml",
	},
}

// kubernetes are the programs that hack/kube builds.
var kubernetes = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"}

package chart_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

// module is a published Go module of another project, of which the tests read files.
type module struct {
	path, version string
	// sum is the checksum of the module, as in a go.sum.
	sum string
}

var (
	certManager        = module{"github.com/cert-manager/cert-manager", "v1.21.2", "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68="}
	cloudNativePG      = module{"github.com/cloudnative-pg/cloudnative-pg", "v1.29.0", "h1:49Dm8+y4va7RODspJjeaK8uMWP3OGAD0gMsxhjm16Mo="}
	prometheusOperator = module{"github.com/prometheus-operator/prometheus-operator", "v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="}
	traefik            = module{"github.com/traefik/traefik/v3", "v3.6.12", "h1:6pe4s7aaDTQs+AsF7KP3sM/xnq7zOVvibRQe5tw9eFo="}
	traefikChart       = module{"github.com/traefik/traefik-helm-chart", "v41.6.0+incompatible", "h1:S2hlx62RaB97UEDu0NE2tSoNTWp7cOyHmI5zpdEHBH0="}
)

// folder returns where the module is in Go's cache, and downloads it there once per machine.
func (m module) folder() (string, error) {
	download := exec.Command("go", "mod", "download", "-json", m.path+"@"+m.version)
	download.Dir = os.TempDir() // outside of this module, which does not require it
	download.Env = append(os.Environ(), "GOSUMDB=off", "GOWORK=off")
	output, err := download.Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w: %s", m.path, err, output)
	}
	var downloaded struct{ Dir, Sum string }
	if err := json.Unmarshal(output, &downloaded); err != nil {
		return "", fmt.Errorf("download %s: %w", m.path, err)
	}
	if downloaded.Sum != m.sum {
		return "", fmt.Errorf("download %s: the checksum is %s instead of %s", m.path, downloaded.Sum, m.sum)
	}
	return downloaded.Dir, nil
}

// otherCRDs are those of other projects that chart and examples use.
var otherCRDs = map[module][]string{
	certManager:   {"deploy/crds/cert-manager.io_certificates.yaml", "deploy/crds/cert-manager.io_issuers.yaml"},
	cloudNativePG: {"config/crd/bases/postgresql.cnpg.io_clusters.yaml"},
	prometheusOperator: {
		"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml", "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
	},
	traefik: {"docs/content/reference/dynamic-configuration/traefik.io_middlewares.yaml"},
}

// installCRDs installs the CRDs of other projects in the shared API server.
func installCRDs(t *testing.T) {
	t.Helper()
	config := apiserver.Shared(t).Config
	installOnce.Do(func() { errInstall = installOtherCRDs(config) })
	if errInstall != nil {
		t.Fatal(errInstall)
	}
}

var (
	installOnce sync.Once
	errInstall  error
)

func installOtherCRDs(config *rest.Config) error {
	var paths []string
	for module, files := range otherCRDs {
		folder, err := module.folder()
		if err != nil {
			return err
		}
		for _, file := range files {
			paths = append(paths, filepath.Join(folder, file))
		}
	}
	_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true})
	return err
}

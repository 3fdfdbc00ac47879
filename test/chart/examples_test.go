package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// root is the folder of the repository.
const root = "../.."

// Every command in the README of an example is run, in a dry run of the API server, unless it needs controllers.
func TestExamples(t *testing.T) {
	t.Parallel()
	installCRDs(t)
	for _, name := range []string{"quickstart", "tls", "cloudnative-pg"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := example{t: t, Platform: restrictedNamespace(t)}
			commands := shellCommands(t, filepath.Join(root, "examples", name, "README.md"))
			if len(commands) < 4 {
				t.Errorf("its README has the commands %q", commands)
			}
			for _, command := range commands {
				e.run(command)
			}
		})
	}
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// shellCommands returns the commands of a page, one for each line.
func shellCommands(t *testing.T, page string) []string {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range shellBlock.FindAllStringSubmatch(string(content), -1) {
		commands = append(commands, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	return commands
}

// example runs the commands of an example in a namespace of its own.
type example struct {
	*platformtest.Platform
	t *testing.T
}

func (e *example) run(command string) {
	e.t.Helper()
	words := strings.Fields(command)
	switch {
	case words[0] == "kubectl" && (slices.Contains(words, "wait") || slices.Contains(words, "get")):
		// A dry run creates nothing.
	case words[0] == "kubectl":
		e.kubectl(command)
	case strings.HasPrefix(command, "helm install echoblogs charts/echoblogs -n echoblogs "):
		e.install(e.values(words))
	case strings.HasPrefix(command, "helm upgrade --install traefik traefik "):
		e.wantTraefik(e.values(words))
	default:
		e.t.Errorf("the test does not know how to run %q", command)
	}
}

// kubectl runs a command of kubectl in a shell. The files of the user's certificate are replaced by those of another one.
func (e *example) kubectl(command string) {
	e.t.Helper()
	command = strings.ReplaceAll(command, "-n echoblogs", "-n "+e.Namespace) + " --dry-run=server"
	if strings.Contains(command, "create secret tls") {
		files := e.certificate()
		command = strings.NewReplacer("fullchain.pem", files[0], "key.pem", files[1]).Replace(command)
	}
	e.shell(command)
}

// shell runs commands in a shell, which must succeed, and returns what they print.
func (e *example) shell(commands string) string {
	e.t.Helper()
	server := apiserver.Shared(e.t)
	cmd := exec.CommandContext(e.t.Context(), "sh", "-c", commands)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+server.Kubeconfig, "PATH="+filepath.Dir(server.Kubectl)+":"+os.Getenv("PATH"))
	output, err := cmd.CombinedOutput()
	if err != nil {
		e.t.Errorf("%s: %v: %s", commands, err, output)
	}
	return string(output)
}

// certificate returns the files of a certificate and its key.
func (e *example) certificate() [2]string {
	e.t.Helper()
	chain, key, err := certificate.ForHosts(time.Now(), time.Now().AddDate(1, 0, 0), "blogs.example.com", "*.blogs.example.com")
	if err != nil {
		e.t.Fatal(err)
	}
	folder := e.t.TempDir()
	files := [2]string{filepath.Join(folder, "chain"), filepath.Join(folder, "key")}
	for i, content := range [][]byte{chain, key} {
		if err := os.WriteFile(files[i], content, 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	return files
}

// values returns the content of the file that follows --values.
func (e *example) values(words []string) string {
	e.t.Helper()
	i := slices.Index(words, "--values")
	if i < 0 || i == len(words)-1 {
		e.t.Fatalf("%q has no values", words)
	}
	content, err := os.ReadFile(filepath.Join(root, words[i+1]))
	if err != nil {
		e.t.Fatal(err)
	}
	return string(content)
}

// install sends the objects of the chart to the API server, which warns of unknown fields and of Pod Security.
func (e *example) install(values string) {
	e.t.Helper()
	c, w := strictClient(e.t)
	for _, object := range objects(e.t, e.Namespace, values) {
		if err := c.Apply(e.t.Context(), client.ApplyConfigurationFromUnstructured(object), fieldOwner, client.DryRunAll); err != nil {
			e.t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	if len(w.texts) > 0 {
		e.t.Errorf("the API server warns: %v", w.texts)
	}
}

// wantTraefik checks that Traefik's own chart accepts values and passes them on to Traefik.
func (e *example) wantTraefik(values string) {
	e.t.Helper()
	folder, err := traefikChart.folder()
	if err != nil {
		e.t.Fatal(err)
	}
	files, err := renderChart(e.t, filepath.Join(folder, "traefik"), "traefik", "traefik", values)
	if err != nil {
		e.t.Fatal(err)
	}
	all, err := parse(files["traefik/templates/deployment.yaml"])
	if err != nil {
		e.t.Fatal(err)
	}
	arguments := convert[appsv1.Deployment](e.t, find(all, "Deployment", "traefik")).Spec.Template.Spec.Containers[0].Args
	for _, want := range []string{
		"--providers.kubernetesingress.allowEmptyServices=true", "--providers.kubernetescrd", "--serversTransport.forwardingTimeouts.dialTimeout=1s",
	} {
		if !slices.Contains(arguments, want) {
			e.t.Errorf("Traefik runs without %s: %q", want, arguments)
		}
	}
}

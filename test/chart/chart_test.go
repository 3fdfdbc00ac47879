// Package chart_test tests the Helm chart with Helm's own library and a real API server.
package chart_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }

// matrix has values that change what is rendered, each in addition to the required ones.
var matrix = map[string]string{
	"required values":     ``,
	"no emails":           `mail: {enabled: false}`,
	"Secrets of roles":    `postgres: {bootstrap: {enabled: false, administratorSecret: ""}, secrets: {operator: a, blog: b, portal: c}, listenURI: true}`,
	"CloudNativePG":       `postgres: {bootstrap: {administratorSecret: cluster-superuser, database: echoblogs, resetPasswords: true}, caSecret: cluster-ca, rolePrefix: staging}`,
	"wildcard":            `{publicURL: "https://example.com", ingress: {className: traefik, tls: {enabled: true, wildcardSecretName: wildcard}}}`,
	"cert-manager":        `ingress: {annotations: {a: b}, tls: {enabled: true, clusterIssuer: letsencrypt}}`,
	"Traefik":             `ingress: {className: traefik, annotations: {traefik.ingress.kubernetes.io/router.middlewares: own@file}, tls: {enabled: true}, traefik: {redirectToHTTPS: true, retries: true}}`,
	"ingress address":     `ingress: {address: "traefik.traefik.svc:80"}`,
	"ingress at an IP":    `{ingress: {address: "10.0.0.1:80"}, networkPolicy: {ingressControllerTo: [{ipBlock: {cidr: 10.0.0.1/32}}]}}`,
	"address of Platform": `platform: {spec: {routing: {ingressAddress: "traefik.ingress.svc.cluster.local:443"}}}`,
	"autoscaling":         `{blog: {autoscaling: {enabled: true}}, portal: {autoscaling: {enabled: true}}}`,
	"mail server":         `mail: {port: 465, tls: implicit, secret: mail, caSecret: mail-ca}`,
	"limited network":     `networkPolicy: {ingressFrom: [{namespaceSelector: {matchLabels: {ingress: enabled}}}], databaseTo: [{ipBlock: {cidr: 10.0.0.1/32}}], apiServerTo: [{ipBlock: {cidr: 10.0.0.2/32}}]}`,
	"little":              `{networkPolicy: {enabled: false}, admissionPolicies: {enabled: false}, rbac: {create: false, aggregate: false}, crds: {updateJob: false}, platform: {create: false}}`,
	"all namespaces":      `admissionPolicies: {allNamespaces: true}`,
	"scheduling":          `{image: {registry: "", tag: v1, pullSecrets: [registry]}, blog: {image: {digest: "sha256:` + strings.Repeat("0", 64) + `"}, priorityClassName: system-cluster-critical, nodeSelector: {a: b}, tolerations: [{key: a, operator: Exists}], affinity: {podAntiAffinity: {}}, podAnnotations: {a: b}, extraArgs: ["--access-log"]}}`,
	"fields of Platform":  `platform: {spec: {registration: Invite, routing: {redirectOldHostsDays: 3}, defaults: {graceDays: 3}}}`,
	"monitoring":          `monitoring: {serviceMonitors: {enabled: true, labels: {release: prometheus}}, alerts: {enabled: true, labels: {release: prometheus}}, dashboard: {enabled: true}}`,
}

func TestLint(t *testing.T) {
	t.Parallel()
	for name, values := range matrix {
		all := map[string]any{}
		for _, document := range []string{required, values} {
			var more map[string]any
			if err := yaml.Unmarshal([]byte(document), &more); err != nil {
				t.Fatal(err)
			}
			all = merge(all, more)
		}
		for _, message := range lint.RunAll(folder, all, "blogs").Messages {
			if !strings.Contains(message.Error(), "icon is recommended") {
				t.Errorf("%s: %v", name, message)
			}
		}
	}
}

// refusedValues are values that the chart refuses, each in addition to the required ones, with a part of the error.
var refusedValues = map[string]string{
	`domain: ""`:                       "Set domain to the parent domain of the blogs",
	`domain: https://example.com`:      "at '/domain'",
	`blog: {replica: 3}`:               "additional properties 'replica' not allowed",
	`typo: true`:                       "additional properties 'typo' not allowed",
	`mail: {from: ""}`:                 "Set mail.from to the sender of emails",
	`mail: {host: ""}`:                 "mail.host to the mail server. To install without emails, set mail.enabled=false",
	`mail: {tls: ssl}`:                 "value must be one of 'starttls', 'implicit', 'none'",
	`postgres: {rolePrefix: pg_blogs}`: "at '/postgres/rolePrefix'",
	`postgres: {bootstrap: {administratorSecret: ""}}`:                           "Set postgres.bootstrap.administratorSecret to the name of a Secret in the namespace blogs",
	`ingress: {address: "lb.example.com:443"}`:                                   "lb.example.com:443, does not say in which namespace it is",
	`ingress: {address: "traefik.traefik:80"}`:                                   "set networkPolicy.ingressControllerTo to where the ingress controller is",
	`ingress: {address: "10.0.0.1:80"}`:                                          "10.0.0.1:80, does not say in which namespace it is",
	`platform: {spec: {routing: {ingressAddress: "lb.example.com:443"}}}`:        "lb.example.com:443, does not say in which namespace it is",
	`ingress: {tls: {wildcardSecretName: w}}`:                                    "set ingress.tls.enabled=true as well",
	`ingress: {tls: {clusterIssuer: w}}`:                                         "set ingress.tls.enabled=true as well",
	`ingress: {traefik: {redirectToHTTPS: true}}`:                                "set ingress.tls.enabled=true as well",
	`{blog: {autoscaling: {enabled: true}, resources: {requests: {cpu: null}}}}`: "blog.autoscaling needs blog.resources.requests.cpu",
}

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	for values, want := range refusedValues {
		if _, err := render(t, "blogs", required, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", values, err, want)
		}
	}
}

// The operator may reach the ingress controller where the Platform says that it is.
func TestPolicyOfTheIngressAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"required values":     "",
		"ingress address":     "traefik",
		"address of Platform": "ingress",
		"ingress at an IP":    "10.0.0.1/32",
	} {
		policy := convert[networkingv1.NetworkPolicy](t, find(objects(t, "blogs", required, matrix[name]), "NetworkPolicy", "echoblogs-operator"))
		got := ""
		for _, rule := range policy.Spec.Egress {
			for _, peer := range rule.To {
				if peer.NamespaceSelector != nil {
					got += peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]
				}
				if peer.IPBlock != nil {
					got += peer.IPBlock.CIDR
				}
			}
		}
		if got != want {
			t.Errorf("%s: the operator may reach %q, want %q", name, got, want)
		}
	}
}

// What people rely on in every pod, in addition to the restricted Pod Security Standard, which the API server checks.
func TestPods(t *testing.T) {
	t.Parallel()
	all := objects(t, "blogs", required, matrix["mail server"], `postgres: {caSecret: cluster-ca}`)
	for _, name := range []string{"operator", "blog", "portal"} {
		deployment := convert[appsv1.Deployment](t, find(all, "Deployment", "echoblogs-"+name))
		pod := deployment.Spec.Template.Spec
		container := pod.Containers[0]
		if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
			t.Errorf("%s: variables of all Services are in the environment", name)
		}
		if container.StartupProbe == nil || container.ReadinessProbe == nil || container.LivenessProbe == nil {
			t.Errorf("%s: a probe is missing", name)
		}
		if container.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: the memory has no limit, from which the program computes GOMEMLIMIT", name)
		}
		if len(pod.TopologySpreadConstraints) == 0 || find(all, "PodDisruptionBudget", "echoblogs-"+name) == nil || *deployment.Spec.Replicas < 2 {
			t.Errorf("%s: one node may run all replicas, or a drain may stop them", name)
		}
		for _, variable := range container.Env {
			if variable.ValueFrom != nil && variable.ValueFrom.SecretKeyRef != nil {
				t.Errorf("%s: the Secret in %s is not updated when it changes", name, variable.Name)
			}
		}
		for _, volume := range pod.Volumes {
			// That of CloudNativePG has the key that signs certificates of clients, and cert-manager's has one, too.
			if strings.HasSuffix(volume.Name, "-ca") && (len(volume.Secret.Items) != 1 || volume.Secret.Items[0].Key != "ca.crt") {
				t.Errorf("%s: the volume %s has more than the authority's certificate", name, volume.Name)
			}
		}
		for _, mount := range container.VolumeMounts {
			if mount.SubPath != "" {
				t.Errorf("%s: the file %s is not updated when it changes", name, mount.MountPath)
			}
		}
	}
	blog := convert[appsv1.Deployment](t, find(all, "Deployment", "echoblogs-blog")).Spec.Template.Spec
	if period := blog.Containers[0].ReadinessProbe.PeriodSeconds; period != 2 {
		t.Errorf("the readiness of the blog is checked every %d s", period)
	}
	if blog.ServiceAccountName != "" || *blog.AutomountServiceAccountToken {
		t.Error("the blog has credentials for the API server")
	}
}

// One of two installations can be uninstalled without the other.
func TestInstallationsShareNothing(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, namespace := range []string{"production", "staging"} {
		for _, object := range objects(t, namespace, required) {
			key := object.GetKind() + "/" + object.GetNamespace() + "/" + object.GetName()
			if names[key] {
				t.Errorf("both have %s", key)
			}
			names[key] = true
		}
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	platform := find(objects(t, "blogs", required, matrix["CloudNativePG"], matrix["wildcard"], matrix["fields of Platform"]), "Platform", "default")
	if platform.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
		t.Error("helm uninstall would delete the Platform")
	}
	for field, want := range map[string]string{
		"spec.publicURL": "https://example.com", "spec.database.rolePrefix": "staging", "spec.database.caSecretRef.name": "cluster-ca",
		"spec.routing.mode": "Wildcard", "spec.routing.tls.wildcardSecretName": "wildcard", "spec.registration": "Invite",
	} {
		if got, _, _ := unstructured.NestedString(platform.Object, strings.Split(field, ".")...); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
}

// Every Ingress refers to the middlewares by their names in Traefik, after those of the values.
func TestTraefik(t *testing.T) {
	t.Parallel()
	all := objects(t, "blogs", required, matrix["Traefik"])
	annotations, _, err := unstructured.NestedStringMap(find(all, "Platform", "default").Object, "spec", "routing", "annotations")
	want := "own@file,blogs-echoblogs-https@kubernetescrd,blogs-echoblogs-retry@kubernetescrd"
	if got := annotations["traefik.ingress.kubernetes.io/router.middlewares"]; err != nil || got != want {
		t.Errorf("the middlewares are %q, %v, want %q", got, err, want)
	}
	for _, name := range []string{"echoblogs-https", "echoblogs-retry"} {
		if find(all, "Middleware", name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for values, wants := range map[string][]string{
		"":                  {"plain HTTP", "kubectl -n blogs wait", "staff add", "kind: Tenant", "http://blogs.example.com"},
		matrix["no emails"]: {"No emails are sent"},
		matrix["wildcard"]:  {"The public site is at https://example.com"},
	} {
		files, err := render(t, "blogs", required, values)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(files["echoblogs/templates/NOTES.txt"], want) {
				t.Errorf("%s: the notes lack %q:\n%s", values, want, files["echoblogs/templates/NOTES.txt"])
			}
		}
	}
}

// The commands of the notes can be pasted, also the one that ends with a line that must not be indented.
func TestNotesCreateABlog(t *testing.T) {
	t.Parallel()
	installCRDs(t)
	p := restrictedNamespace(t)
	files, err := render(t, p.Namespace, required)
	if err != nil {
		t.Fatal(err)
	}
	_, commands, _ := strings.Cut(files["echoblogs/templates/NOTES.txt"], "3. Create a blog:\n")
	e := example{t: t, Platform: p}
	if output := e.shell(`kubectl() { command kubectl "$@" --dry-run=server; }` + "\n" + commands); !strings.Contains(output, "tenant.tenancy.echoblogs.io/alice created") {
		t.Errorf("kubectl prints %q", output)
	}
}

func convert[T any](t testing.TB, object *unstructured.Unstructured) T {
	t.Helper()
	var typed T
	if object == nil {
		t.Fatal("the object is missing")
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
		t.Fatal(err)
	}
	return typed
}

// Every alert leads to a page about it, and every page is about an alert.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile(folder + "/files/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var alerts []struct{ Alert string }
	if err := yaml.Unmarshal(rules, &alerts); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, rule := range alerts {
		want = append(want, rule.Alert+".md")
	}
	pages, err := os.ReadDir("../../docs/runbooks")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, page := range pages {
		got = append(got, page.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("docs/runbooks has %v, want %v", got, want)
	}
}

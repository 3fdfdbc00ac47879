package remediation_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/remediation"
)

func TestSplitUndoesAppend(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ reason, message, remedy string }{
		"a reason with a remedy":    {v1alpha1.ReasonSchemaNewer, "The schema is newer. Upgrade the operator.", "Upgrade the operator."},
		"a reason without a remedy": {v1alpha1.ReasonSucceeded, "The schema is newer.", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := remediation.Append(test.reason, "The schema is newer.")
			if message != test.message {
				t.Errorf("the message is %q, want %q", message, test.message)
			}
			problem, remedy := remediation.Split(test.reason, message)
			if problem != "The schema is newer." || remedy != test.remedy {
				t.Errorf("split into %q and %q", problem, remedy)
			}
		})
	}
}

func TestDocsListAllRemedies(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(content), "| reason | what to do |\n")
	if !found {
		t.Fatal("docs/operations.md has no table of reasons with what to do")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	want := remediation.Markdown()
	if diff := cmp.Diff(want, "| reason | what to do |\n"+table+"\n"); diff != "" {
		t.Errorf("docs/operations.md differs (-want +got):\n%s\nReplace its table by:\n%s", diff, want)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	about := remediation.Subject{Namespace: "blogs", Tenant: "alice", Platform: "default", Backend: "blog"}
	for reason, want := range map[string]string{
		v1alpha1.ReasonSuspended:          `kubectl -n blogs patch tenant alice --type=merge --patch='{"spec":{"suspended":false}}'`,
		v1alpha1.ReasonPlatformNotReady:   "kubectl -n blogs describe platform default",
		v1alpha1.ReasonProbeFailed:        "kubectl -n blogs get endpointslices --selector=kubernetes.io/service-name=blog",
		v1alpha1.ReasonCertificatePending: "kubectl -n blogs describe ingress tenant-alice",
		"of a later version":              "kubectl -n blogs describe tenant alice",
	} {
		if got := remediation.Command(reason, about); got != want {
			t.Errorf("the command of %s is %q, want %q", reason, got, want)
		}
	}
}

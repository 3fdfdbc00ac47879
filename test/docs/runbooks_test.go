package docs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/docpage"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// Every command of every runbook is run. There are no pods here, so those that read logs find none.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice")
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := os.ReadDir(filepath.Join(root, "docs", "runbooks"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are %d runbooks, error %v", len(pages), err)
	}
	// Here, grep may find nothing.
	const setup = `grep() { command grep "$@" || [[ $? == 1 ]]; }` + "\n"
	for _, page := range pages {
		name := "runbooks/" + page.Name()
		blocks, err := docpage.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		for heading, all := range blocks {
			for index := range all {
				i.scriptIn("ADMIN_URI='" + i.Database.AdminURI + "'\n" + setup + i.take(name, heading, index, "NAME", "alice"))
			}
		}
	}
}

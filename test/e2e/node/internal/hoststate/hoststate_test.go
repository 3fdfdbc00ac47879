package hoststate_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/hoststate"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	before := hoststate.State{
		"link":             {"lo": "", "eth0": ""},
		"kernel parameter": {"vm/overcommit_memory": "0", "net/ipv4/conf/eth0/forwarding": "0", "net/ipv4/ip_forward": "0"},
		"mount":            {},
	}
	file := filepath.Join(t.TempDir(), "before.json")
	if err := before.Save(file); err != nil {
		t.Fatalf("save the state: %v", err)
	}
	loaded, err := hoststate.Load(file)
	if err != nil {
		t.Fatalf("load the state: %v", err)
	}
	after := hoststate.State{
		"link":             {"lo": "", "veth1": ""},
		"kernel parameter": {"vm/overcommit_memory": "1", "net/ipv4/conf/veth1/forwarding": "1", "net/ipv4/ip_forward": "0"},
		"mount":            {"31 /run/netns/x": ""},
	}
	want := []string{
		`kernel parameter vm/overcommit_memory: was "0", is "1"`,
		"link veth1: new",
		"link eth0: missing",
		"mount 31 /run/netns/x: new",
	}
	if got := hoststate.Differences(loaded, after); !slices.Equal(got, want) {
		t.Errorf("the differences are %q, want %q", got, want)
	}
	if got := hoststate.Differences(loaded, before); len(got) > 0 {
		t.Errorf("the same state has the differences %q", got)
	}
}

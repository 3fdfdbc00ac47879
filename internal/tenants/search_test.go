package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// found returns the names on a page, and whether there is a next one.
func (s *site) found(search tenants.Search, size int) string {
	s.t.Helper()
	page, err := s.Client.Search(s.t.Context(), search, size)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, t := range page.Tenants {
		names = append(names, t.Name)
	}
	if page.Next != "" {
		names = append(names, "…")
	}
	return strings.Join(names, " ")
}

func (s *site) waitFound(search tenants.Search, want string) {
	s.t.Helper()
	s.Wait(fmt.Sprintf("%+v finds %q", search, want), func(context.Context) error {
		if got := s.found(search, 10); got != want {
			return errors.New("it finds " + got)
		}
		return nil
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply("kubectl", "alice", "{displayName: Through the Looking\u00a0Glass, owner: {username: liddell}}")
	s.apply("kubectl", "alan", "{displayName: Élan, owner: {username: alan}}")
	s.apply("kubectl", "bob", "{owner: {username: alice}}")
	s.apply("kubectl", "stranger", "{platformRef: {name: other}}")
	s.setPhase("bob", v1alpha1.TenantSuspended)
	s.waitFound(tenants.Search{Phase: v1alpha1.TenantSuspended}, "bob")
	s.waitFound(tenants.Search{}, "alan alice bob")
	for text, want := range map[string]string{
		"al": "alan alice bob", "ALICE": "alice bob", "alice\t": "alice bob", "lid": "alice", "looking": "alice", "through the l": "alice", "élan": "alan",
		"lice": "", "stranger": "", "\t": "alan alice bob", "\xff": "", "zzz": "",
	} {
		if got := s.found(tenants.Search{Text: text}, 10); got != want {
			t.Errorf("%q finds %q, not %q", text, got, want)
		}
	}
	if got := s.found(tenants.Search{Text: "al", Phase: v1alpha1.TenantSuspended}, 10); got != "bob" {
		t.Errorf("of the suspended ones it finds %q", got)
	}
	for odd, want := range map[string]string{"\x00": "alan alice bob", "all\t": "bob", "bob\t": "", "\xff": ""} {
		if got := s.found(tenants.Search{After: odd}, 10); got != want {
			t.Errorf("after %q it finds %q, not %q", odd, got, want)
		}
	}

	// A page ends where the next one begins.
	var all []string
	for _, search := range []tenants.Search{{}, {Text: "al"}, {Phase: v1alpha1.TenantPending}} {
		all = all[:0]
		for {
			page, err := s.Client.Search(t.Context(), search, 1)
			if err != nil || len(page.Tenants) > 1 {
				t.Fatalf("a page of %d Tenants, error %v", len(page.Tenants), err)
			}
			for _, tenant := range page.Tenants {
				all = append(all, tenant.Name)
			}
			if search.After = page.Next; page.Next == "" {
				break
			}
		}
		search.After = ""
		if got, want := strings.Join(all, " "), s.found(search, 10); got != want {
			t.Errorf("the pages of %+v have %q, not %q", search, got, want)
		}
	}

	// The index follows changes.
	s.apply("kubectl", "alice", "{displayName: Wonderland}")
	s.waitFound(tenants.Search{Text: "wonder"}, "alice")
	s.waitFound(tenants.Search{Text: "looking"}, "")
	if err := s.Platform.Client.Delete(t.Context(), s.Tenant("alice")); err != nil {
		t.Fatal(err)
	}
	s.waitFound(tenants.Search{}, "alan bob")
	s.waitFound(tenants.Search{Text: "alice"}, "bob")
}

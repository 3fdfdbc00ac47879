package tenancy_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

const day = 24 * time.Hour

// withHost returns the spec of a tenant with one custom host, with a proof or, if that is empty, without.
func withHost(name, host string, proof tenancy.Proof) tenancy.Spec {
	s := spec(name)
	s.CustomHosts = []string{host}
	if proof != "" {
		s.Proofs = map[string]tenancy.Proof{host: proof}
	}
	return s
}

// update makes the tenant in spec have it at a time.
func (d *database) update(s tenancy.Spec, at time.Time) {
	d.t.Helper()
	if err := d.store.Update(d.t.Context(), s, d.find(s.Name).UpdatedAt, at); err != nil {
		d.t.Fatalf("update %s: %v", s.Name, err)
	}
}

func (d *database) wantCustomHosts(name string, want ...string) tenancy.Tenant {
	d.t.Helper()
	have := d.find(name)
	if !slices.Equal(have.CustomHosts, want) {
		d.t.Errorf("%s has the custom hosts %v, want %v", name, have.CustomHosts, want)
	}
	return have
}

// answer records what DNS says about a host, and returns the hosts that the tenant loses.
func (d *database) answer(tenant tenancy.Tenant, host string, present, serveUnproven bool, at time.Time) []string {
	d.t.Helper()
	lost, err := d.store.RecordAnswers(d.t.Context(), tenant.ID, []tenancy.Answer{{Host: host, Present: present, At: at}}, serveUnproven, at)
	if err != nil {
		d.t.Fatal(err)
	}
	return lost
}

func TestRecordsBelongToOneTenant(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	installation := tenancy.Installation{Namespace: "echoblogs", Name: "default", PublicURL: "https://example.com", Domain: "example.com"}
	if err := d.store.Install(t.Context(), installation, now); err != nil {
		t.Fatal(err)
	}
	d.create(spec("alice"))
	d.create(spec("bob"))
	alice, first := d.find("alice"), d.find("alice").Record("www.alice.org")
	if alice.Installation == "" || first.Value == d.find("bob").Record("www.alice.org").Value {
		t.Errorf("the records of alice, %+v, and of bob are the same", first)
	}
	if _, err := d.store.Retain(t.Context(), alice, deletedTenant, nil, now, now.Add(30*day)); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Restore(t.Context(), spec("alice"), alice.ID, now); err != nil {
		t.Fatal(err)
	}
	installation.Contact = "mailto:help@example.com"
	if err := d.store.Install(t.Context(), installation, now); err != nil {
		t.Fatal(err)
	}
	if restored := d.find("alice").Record("www.alice.org"); restored != first {
		t.Errorf("a restored tenant has another record: %+v, %+v", restored, first)
	}
	if _, err := d.store.Drop(t.Context(), d.find("alice"), nil, now); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Create(t.Context(), spec("alice"), tenancy.CreateOptions{}, now.Add(tenancy.Hold)); err != nil {
		t.Fatal(err)
	}
	if later := d.find("alice").Record("www.alice.org"); later == first {
		t.Error("a later tenant of the same name has the same record")
	}
}

// A host without a proof goes to the tenant that proves it, after a hold, and never back to the one without.
func TestProofTakesAHostOver(t *testing.T) {
	t.Parallel()
	for _, proof := range []tenancy.Proof{tenancy.ProofDNS, tenancy.ProofListed} {
		t.Run(string(proof), func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t)
			squatter, owner := withHost("squatter", "www.shared.org", ""), withHost("owner", "www.shared.org", proof)
			d.create(squatter)
			if d.find("squatter").Proven("www.shared.org") || !d.find("squatter").Proven("squatter.example.com") {
				t.Error("a custom host is proven without a proof, or the primary one is not")
			}
			d.create(owner)
			d.wantCustomHosts("squatter")
			d.wantCustomHosts("owner")
			taken, err := d.store.OwnerOfHost(t.Context(), "www.shared.org")
			want := tenancy.NameTakenError{
				Name: "www.shared.org", Kind: tenancy.HostName, Owner: "squatter", HeldUntil: now.Add(tenancy.Hold), NextTenantID: d.find("owner").ID,
			}
			if err != nil || !taken.HeldUntil.Equal(want.HeldUntil) || taken.NextTenantID != want.NextTenantID || taken.Owner != want.Owner || taken.Unproven {
				t.Errorf("got %+v, %v; want %+v", taken, err, want)
			}
			for _, after := range []time.Duration{0, tenancy.Hold - time.Second} {
				d.update(squatter, now.Add(after))
				d.update(owner, now.Add(after))
				d.wantCustomHosts("squatter")
				d.wantCustomHosts("owner")
			}
			d.update(squatter, now.Add(tenancy.Hold))
			d.wantCustomHosts("squatter")
			if err := d.store.DeleteExpiredHolds(t.Context(), now.Add(tenancy.Hold)); err != nil {
				t.Fatal(err)
			}
			d.update(squatter, now.Add(tenancy.Hold))
			d.wantCustomHosts("squatter")
			d.update(owner, now.Add(tenancy.Hold))
			if have := d.wantCustomHosts("owner", "www.shared.org"); !have.Proven("www.shared.org") || !maps.Equal(have.Proofs, owner.Proofs) {
				t.Errorf("the proofs are %v", have.Proofs)
			}
			d.update(squatter, now.Add(tenancy.Hold))
			d.wantCustomHosts("squatter")
		})
	}
}

// If the tenant that proved a host does not come for it, the former one gets it back.
func TestUnclaimedTakeoverEnds(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	squatter := withHost("squatter", "www.shared.org", "")
	d.create(squatter)
	d.create(withHost("owner", "www.shared.org", tenancy.ProofDNS))
	d.update(squatter, now.Add(2*tenancy.Hold-time.Second))
	d.wantCustomHosts("squatter")
	d.update(squatter, now.Add(2*tenancy.Hold))
	d.wantCustomHosts("squatter", "www.shared.org")
}

// A proof takes over neither a proven host nor a primary one nor one of the public site.
func TestProofTakesNothingElseOver(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	if _, err := d.store.SetPublicHosts(t.Context(), []string{"example.com"}); err != nil {
		t.Fatal(err)
	}
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	d.create(withHost("listed", "www.listed.org", tenancy.ProofListed))
	other := spec("other")
	other.CustomHosts = []string{"alice.example.com", "example.com", "www.alice.org", "www.listed.org"}
	other.Proofs = map[string]tenancy.Proof{
		"alice.example.com": tenancy.ProofListed, "example.com": tenancy.ProofListed, "www.alice.org": tenancy.ProofListed, "www.listed.org": tenancy.ProofDNS,
	}
	d.create(other)
	d.wantCustomHosts("other")
	if alice := d.wantCustomHosts("alice", "www.alice.org"); alice.PrimaryHost != "alice.example.com" {
		t.Errorf("the primary host of alice is %q", alice.PrimaryHost)
	}
	d.wantCustomHosts("listed", "www.listed.org")
	if owner, err := d.store.OwnerOfHost(t.Context(), "example.com"); err != nil || owner == nil || owner.Owner != "" {
		t.Errorf("the owner of the public site's host is %+v, %v", owner, err)
	}
}

// Seven days of absence release a host. What its tenant has to know is kept, and the record brings it back.
func TestAbsentRecordReleasesTheHost(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	alice := withHost("alice", "www.alice.org", tenancy.ProofDNS)
	d.create(alice)
	row := d.find("alice")
	wantCheck := func(want tenancy.Check) {
		t.Helper()
		equal := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
		if diff := cmp.Diff(map[string]tenancy.Check{"www.alice.org": want}, d.find("alice").Checks, equal); diff != "" {
			t.Errorf("check (-want +got):\n%s", diff)
		}
	}
	wantLost := func(lost []string, want ...string) {
		t.Helper()
		if !slices.Equal(lost, want) {
			t.Errorf("lost %v, want %v", lost, want)
		}
	}
	wantCheck(tenancy.Check{CheckedAt: now})
	wantLost(d.answer(row, "www.alice.org", false, false, now.Add(day)))
	wantCheck(tenancy.Check{CheckedAt: now.Add(day), AbsentSince: now.Add(day)})
	if d.find("alice").Proven("www.alice.org") {
		t.Error("a host whose record is absent is proven")
	}
	wantLost(d.answer(row, "www.alice.org", true, false, now.Add(2*day)))
	wantCheck(tenancy.Check{CheckedAt: now.Add(2 * day)})
	wantLost(d.answer(row, "www.alice.org", false, false, now.Add(3*day)))
	wantLost(d.answer(row, "www.alice.org", false, false, now.Add(10*day-time.Second)))
	alice.DisplayName = "Edited"
	d.update(alice, now.Add(10*day-time.Second)) // an edit changes none of it
	wantCheck(tenancy.Check{CheckedAt: now.Add(10*day - time.Second), AbsentSince: now.Add(3 * day)})
	d.wantCustomHosts("alice", "www.alice.org")

	wantLost(d.answer(row, "www.alice.org", false, false, now.Add(10*day)), "www.alice.org")
	d.wantCustomHosts("alice")
	released := tenancy.Check{CheckedAt: now.Add(10 * day), AbsentSince: now.Add(3 * day), ReleasedAt: now.Add(10 * day)}
	wantCheck(released)
	if err := d.store.DeleteExpiredHolds(t.Context(), now.Add(20*day)); err != nil {
		t.Fatal(err)
	}
	wantCheck(released)
	d.update(alice, now.Add(20*day))
	if have := d.wantCustomHosts("alice", "www.alice.org"); !have.Proven("www.alice.org") {
		t.Error("the record is back, and the host is not proven")
	}
	wantCheck(tenancy.Check{CheckedAt: now.Add(20 * day)})
}

func TestReleasedHostIsFreeAfterTheHold(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	d.create(spec("bob"))
	row := d.find("alice")
	d.answer(row, "www.alice.org", false, false, now)
	d.answer(row, "www.alice.org", false, false, now.Add(7*day))
	bob := withHost("bob", "www.alice.org", tenancy.ProofDNS)
	d.update(bob, now.Add(7*day+tenancy.Hold-time.Second))
	d.wantCustomHosts("bob")
	d.update(bob, now.Add(7*day+tenancy.Hold))
	d.wantCustomHosts("bob", "www.alice.org")
	if checks := d.find("alice").Checks; len(checks) != 0 {
		t.Errorf("alice still has %v", checks)
	}

	d.answer(d.find("bob"), "www.alice.org", false, false, now.Add(8*day))
	d.answer(d.find("bob"), "www.alice.org", false, false, now.Add(15*day))
	if err := d.store.DeleteExpiredHolds(t.Context(), now.Add(45*day)); err != nil {
		t.Fatal(err)
	}
	if checks := d.find("bob").Checks; len(checks) != 0 {
		t.Errorf("a month later bob still has %v", checks)
	}
}

// Where unproven hosts are served, an absent record costs the proof, not the host.
func TestAbsentRecordEndsTheProofOnly(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	row := d.find("alice")
	d.answer(row, "www.alice.org", false, true, now)
	if lost := d.answer(row, "www.alice.org", false, true, now.Add(7*day)); !slices.Equal(lost, []string{"www.alice.org"}) {
		t.Errorf("lost %v", lost)
	}
	if have := d.wantCustomHosts("alice", "www.alice.org"); len(have.Proofs) != 0 || have.Proven("www.alice.org") {
		t.Errorf("the proofs are %v", have.Proofs)
	}
	d.create(withHost("bob", "www.alice.org", tenancy.ProofDNS))
	d.wantCustomHosts("alice")
}

// Answers about hosts of others, without a proof of DNS or released change nothing.
func TestAnswersConcernProofsOfDNS(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	d.create(withHost("listed", "www.listed.org", tenancy.ProofListed))
	d.create(withHost("unproven", "www.unproven.org", ""))
	for _, host := range []string{"www.alice.org", "www.listed.org", "www.unproven.org", "listed.example.com", "nobody.org"} {
		for _, at := range []time.Time{now, now.Add(8 * day)} {
			tenant := "listed"
			if host == "www.unproven.org" {
				tenant = "unproven"
			}
			if lost := d.answer(d.find(tenant), host, false, false, at); len(lost) > 0 {
				t.Errorf("%s has lost %v", tenant, lost)
			}
		}
	}
	for _, name := range []string{"alice", "listed", "unproven"} {
		d.wantCustomHosts(name, "www."+name+".org")
	}
}

// A clock that jumps ahead releases nothing.
func TestClockDoesNotShortenTheAbsence(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	store := open(t, d.OperatorURI, tenancy.Options{})
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	id := d.find("alice").ID
	for _, at := range []time.Time{time.Now(), time.Now().Add(8 * day), time.Now().Add(80 * day)} {
		lost, err := store.RecordAnswers(t.Context(), id, []tenancy.Answer{{Host: "www.alice.org", At: at}}, false, at)
		if err != nil || len(lost) > 0 {
			t.Errorf("lost %v, %v", lost, err)
		}
	}
}

// An absence that seems to begin in the future, because a clock was ahead, begins again now.
func TestAbsenceInTheFutureBeginsAgain(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	row := d.find("alice")
	d.answer(row, "www.alice.org", false, false, now.AddDate(10, 0, 0))
	d.answer(row, "www.alice.org", false, false, now)
	if since := d.find("alice").Checks["www.alice.org"].AbsentSince; !since.Equal(now) {
		t.Errorf("it is absent since %s", since)
	}
	if lost := d.answer(row, "www.alice.org", false, false, now.Add(7*day)); len(lost) != 1 {
		t.Error("it is not lost after seven days")
	}
}

func TestDirectoriesLearnOfLostHosts(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.create(withHost("alice", "www.alice.org", tenancy.ProofDNS))
	d.create(withHost("squatter", "www.shared.org", ""))
	before := map[string]time.Time{"alice": d.find("alice").UpdatedAt, "squatter": d.find("squatter").UpdatedAt}
	d.answer(d.find("alice"), "www.alice.org", true, false, now)
	if !d.find("alice").UpdatedAt.Equal(before["alice"]) {
		t.Error("a check without news changes the row")
	}
	d.answer(d.find("alice"), "www.alice.org", false, false, now)
	d.answer(d.find("alice"), "www.alice.org", false, false, now.Add(7*day))
	d.create(withHost("owner", "www.shared.org", tenancy.ProofDNS))
	for name, at := range before {
		if !d.find(name).UpdatedAt.After(at) {
			t.Errorf("the row of %s does not say that it has changed", name)
		}
	}
	stale := spec("alice")
	if err := d.store.Update(t.Context(), stale, before["alice"], now); !errors.Is(err, tenancy.ErrConflict) {
		t.Errorf("an update of the row as it was before: %v", err)
	}
}

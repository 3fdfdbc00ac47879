package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// A tenant is created, retained as a tombstone, and restored.
func ExampleStore() {
	ctx := context.Background()
	store, err := tenancy.Open("postgres://echoblogs_operator:secret@localhost/echoblogs", tenancy.Options{Application: blog.Application})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	now := time.Now()
	alice := tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "Alice", PrimaryHost: "alice.example.com",
		PaidUntil: now.AddDate(1, 0, 0), SuspendAt: now.AddDate(1, 0, 14),
	}
	object := tenancy.Object{JSON: []byte(`{"spec": {"displayName": "Alice"}}`), Digest: "1"}
	steps := []func() error{
		func() error { return store.Prepare(ctx) },
		func() error { return store.Create(ctx, alice, tenancy.CreateOptions{Object: object}, now) },
		func() error {
			read, err := store.Find(ctx, "alice")
			if err == nil {
				_, err = store.Retain(ctx, read, tenancy.DeletedTenant{}, nil, now, now.AddDate(0, 0, 30))
			}
			return err
		},
		func() error {
			kept, err := store.FindTombstone(ctx, "alice")
			if err == nil {
				err = store.Restore(ctx, alice, kept.ID, now)
			}
			return err
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			fmt.Println(err)
			return
		}
	}
}

// An unavailable name comes with its owner and, if it is only held, with the time at which it becomes available.
func ExampleNameTakenError() {
	var err error = &tenancy.NameTakenError{
		Name: "www.alice.org", Kind: tenancy.HostName, Owner: "alice", HeldUntil: time.Date(2027, 1, 10, 12, 1, 0, 0, time.UTC),
	}
	var taken *tenancy.NameTakenError
	if errors.As(err, &taken) {
		fmt.Println(taken)
		fmt.Println("free at", taken.HeldUntil.Format(time.TimeOnly))
	}
	// Output:
	// the host "www.alice.org" belongs to "alice"
	// free at 12:01:00
}

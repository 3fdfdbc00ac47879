package tenants

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// Owner returns the user name and email address of the owner of a cached Tenant. Both are empty if the Tenant has no
// owner, does not exist or is being deleted. The address is in the form of naming.ASCIIEmail.
func (c *Client) Owner(ctx context.Context, name string) (username, email string, err error) {
	return c.owner(ctx, name, func(t *v1alpha1.Tenant) bool { return t.DeletionTimestamp.IsZero() })
}

// Owns reports whether a person is the owner of a Tenant, see IsOwner. It asks the API server if the cache does not say so.
func (c *Client) Owns(ctx context.Context, username, email string, confirmed bool, name string) (bool, error) {
	person := Person{username, email, confirmed}
	if c.Synced(ctx) {
		if tenant, err := c.Get(ctx, name); err == nil && IsOwner(tenant, person) {
			return true, nil
		}
	}
	tenant, err := c.GetLive(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && IsOwner(tenant, person), err
}

// OwnerToInvite is Owner for a Tenant that is ready. Both are also empty if a sign-up created the Tenant: its owner needs
// no invitation.
func (c *Client) OwnerToInvite(ctx context.Context, name string) (username, email string, err error) {
	return c.owner(ctx, name, func(t *v1alpha1.Tenant) bool { return RegistrationID(t) == "" && IsReady(t) })
}

func (c *Client) owner(ctx context.Context, name string, qualifies func(*v1alpha1.Tenant) bool) (username, email string, err error) {
	tenant, err := c.Get(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", "", nil
	case err != nil:
		return "", "", err
	case tenant.Spec.Owner == nil || !qualifies(tenant):
		return "", "", nil
	}
	return tenant.Spec.Owner.Username, naming.ASCIIEmail(tenant.Spec.Owner.Email), nil
}

// SetOwnerEmail replaces the owner's address in the Tenant that a sign-up created for a user, if there is one. An address that
// another field manager owns stays.
func (c *Client) SetOwnerEmail(ctx context.Context, username, email string) error {
	err := c.withLatest(ctx, Version{Name: username}, func(live *v1alpha1.Tenant) error {
		owner := live.Spec.Owner
		switch {
		case RegistrationID(live) == "", owner == nil, owner.Username != username, owner.Email == email, OwnersOf(live).Field("owner.email") != "":
			return nil
		}
		if err := c.assignFields(ctx, live); err != nil {
			return err
		}
		applied, err := tenancyv1alpha1.ExtractTenant(live, ownerManager)
		if err != nil {
			return fmt.Errorf("extract the fields of Tenant %s that %s owns: %w", live.Name, ownerManager, err)
		}
		if applied.Spec == nil {
			applied.WithSpec(tenancyv1alpha1.TenantSpec())
		}
		applied.Spec.WithOwner(tenancyv1alpha1.TenantOwner().WithUsername(username).WithEmail(email))
		applied.WithUID(live.UID).WithResourceVersion(live.ResourceVersion)
		ctx, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		return apiError("apply Tenant "+live.Name, c.client.Apply(ctx, applied, client.FieldOwner(ownerManager)))
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// DiscardSignup deletes the Tenant that a sign-up created for a user, with its data, unless the user has other Tenants.
// It reports whether it deleted one.
func (c *Client) DiscardSignup(ctx context.Context, username string) (bool, error) {
	named, err := c.naming(ctx, username)
	if err != nil {
		return false, err
	}
	for i := range named {
		if named[i].Name != username || RegistrationID(&named[i]) == "" {
			return false, nil
		}
	}
	tenant, err := c.GetLive(ctx, username)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case tenant.Spec.Owner == nil || tenant.Spec.Owner.Username != username || RegistrationID(tenant) == "":
		return false, nil
	}
	return tenant.DeletionTimestamp.IsZero(), c.Discard(ctx, tenant)
}

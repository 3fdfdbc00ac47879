package tenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Object is a Tenant object that is kept, to create it again: what its authors have said, in a form that only they change.
type Object struct {
	// JSON is the object.
	JSON []byte
	// Digest identifies it. Empty: there is no object.
	Digest string
}

// KeepObject replaces the object that is kept of the live tenant that was read. It leaves UpdatedAt, because directories do
// not read the object. It returns ErrConflict if the row has ended, or another object has been kept since.
func (s *Store) KeepObject(ctx context.Context, read Tenant, object Object) error {
	s.prefetched.take(read.Name) // a later reconcile must not begin with the old digest
	return s.inTransaction(ctx, "keep_object", rowsTimeout, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO public.tenant_objects AS o (tenant_id, digest, object)
			SELECT t.id, $2::text, $3::json FROM public.tenants t WHERE t.id = $1 AND t.state = `+LiveSQL+`
			ON CONFLICT (tenant_id) DO UPDATE SET digest = excluded.digest, object = excluded.object WHERE o.digest = $4`,
			read.ID, object.Digest, string(object.JSON), read.ObjectDigest)
		if err != nil {
			return fmt.Errorf("keep the object of tenant %s: %w", read.Name, err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("keep the object of tenant %s: %w", read.Name, ErrConflict)
		}
		return nil
	})
}

// queueObject replaces the object that is kept of a tenant, unless it is the zero value.
func queueObject(batch *pgx.Batch, id int64, object Object) {
	if object.Digest == "" {
		return
	}
	batch.Queue(`INSERT INTO public.tenant_objects AS o (tenant_id, digest, object) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id) DO UPDATE SET digest = excluded.digest, object = excluded.object WHERE o.digest <> excluded.digest`,
		id, object.Digest, string(object.JSON))
}

// ReadObject returns the object that is kept of a tenant, or ErrNotFound.
func (r Reader) ReadObject(ctx context.Context, id int64) (o Object, err error) {
	err = r.db.QueryRow(ctx, `SELECT digest, object FROM public.tenant_objects WHERE tenant_id = $1`, id).Scan(&o.Digest, &o.JSON)
	if errors.Is(err, pgx.ErrNoRows) {
		return Object{}, ErrNotFound
	}
	if err != nil {
		return Object{}, fmt.Errorf("read the object of tenant %d: %w", id, err)
	}
	return o, nil
}

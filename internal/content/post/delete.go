package post

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Delete deletes a version of a post. It returns ErrChanged if the post was changed since, and no error if it does not
// exist.
func (s Store) Delete(ctx context.Context, db postgres.Beginner, version Version) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM `+s.table+` WHERE id = $1 AND updated_at = $2`, version.ID, version.UpdatedAt)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		_, err = s.FindByID(ctx, tx, version.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return ErrChanged
	})
	if err != nil {
		return fmt.Errorf("delete post %d: %w", version.ID, err)
	}
	return nil
}

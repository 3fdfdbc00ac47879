package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// inTransaction runs work in one transaction that takes at most limit, unless the database serves another Platform: then it
// returns *InUseError. The operation is the label of its metrics.
func (s *Store) inTransaction(ctx context.Context, operation string, limit time.Duration, work func(context.Context, pgx.Tx) error) error {
	return s.transact(ctx, operation, limit, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.fence(ctx, tx); err != nil {
			return err
		}
		return work(ctx, tx)
	})
}

// transact does what inTransaction does, also if the database serves another Platform.
func (s *Store) transact(ctx context.Context, operation string, limit time.Duration, work func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return work(ctx, tx) })
	result := "committed"
	if err != nil {
		result = "rolled_back"
	}
	if postgres.Code(err) == postgres.CodeReadOnly {
		s.pool.Reset() // sessions stay read-only after a failover or a change of settings
	}
	transactions.WithLabelValues(operation, result).Inc()
	return err
}

// fence keeps the database from being taken over until the transaction ends, and returns *InUseError if that has happened.
// The lock comes first: it is taken before the snapshot of the transaction, so that the read sees a takeover for which it
// has waited, at every isolation level
// (https://www.postgresql.org/docs/15/sql-lock.html#id-1.9.3.153.6). It only conflicts with the lock of TakeOver.
func (s *Store) fence(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	batch.Queue(`LOCK TABLE public.installation IN ROW SHARE MODE`)
	var served Installation
	batch.Queue(`SELECT platform_namespace, platform_name, namespace_uid FROM public.installation`).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&served.Namespace, &served.Name, &served.NamespaceUID)
		if errors.Is(err, pgx.ErrNoRows) {
			served.NamespaceUID = s.options.NamespaceUID
			return nil
		}
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("check which Platform the database serves: %w", err)
	}
	if served.NamespaceUID != s.options.NamespaceUID {
		return s.options.inUse(served)
	}
	return nil
}

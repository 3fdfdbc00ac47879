package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Batch is a list of statements that are sent in one round trip.
type Batch = pgx.Batch

// WithBatch returns a Querier whose first Query also sends the statements of a batch, before its own and in the same round trip.
// Each of them has a function for its result, which is called before Query returns. The Querier is used once, by one goroutine.
// If the batch is empty, it is db.
func WithBatch(db Querier, batch *Batch) Querier {
	if batch.Len() == 0 {
		return db
	}
	return &batchQuerier{Querier: db, batch: batch}
}

type batchQuerier struct {
	Querier
	batch *Batch // nil: it has been sent
}

// Query implements Querier.
func (b *batchQuerier) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	batch := b.batch
	if batch == nil {
		return b.Querier.Query(ctx, sql, args...)
	}
	b.batch = nil
	if len(args) > 0 {
		if _, isFormat := args[0].(pgx.QueryResultFormats); isFormat { // which a batch does not support
			args = args[1:]
		}
	}
	batch.Queue(sql, args...)
	results := b.SendBatch(ctx, batch)
	last := len(batch.QueuedQueries) - 1
	for _, queued := range batch.QueuedQueries[:last] {
		if err := queued.Fn(results); err != nil {
			return nil, closeAfter(results, err)
		}
	}
	rows, err := results.Query()
	if err != nil {
		return nil, closeAfter(results, err)
	}
	return &batchRows{rows, results}, nil
}

func closeAfter(results pgx.BatchResults, err error) error {
	results.Close() // which repeats the error
	return err
}

// batchRows are the rows of the last statement of a batch, which ends with them.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close implements pgx.Rows.
func (r *batchRows) Close() {
	r.Rows.Close()
	r.results.Close() // whose error is that of the rows
}

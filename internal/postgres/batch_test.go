package postgres_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// The pool has one connection: each use has to give it back, whatever fails.
func TestWithBatch(t *testing.T) {
	t.Parallel()
	pool, err := postgres.NewPool(postgrestest.New(t).AdminURI, postgres.PoolOptions{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	errUnwanted := errors.New("unwanted")
	for name, test := range map[string]struct {
		first, second string
		unwanted      error
		fails         bool
	}{
		"all succeed":                 {"SELECT 1", "SELECT n FROM generate_series($1::int, 3) n", nil, false},
		"the batch fails":             {"SELECT 1/0", "SELECT 1 WHERE $1 = 2", nil, true},
		"its result is not wanted":    {"SELECT 1", "SELECT 1 WHERE $1 = 2", errUnwanted, true},
		"the statement fails":         {"SELECT 1", "SELECT 1/($1::int - 2)", nil, true},
		"the statement cannot be run": {"SELECT 1", "SELECT $1::int FROM nowhere", nil, true},
	} {
		for range 2 {
			var before int
			batch := &postgres.Batch{}
			batch.Queue(test.first).QueryRow(func(row pgx.Row) error { return errors.Join(row.Scan(&before), test.unwanted) })
			db := postgres.WithBatch(pool, batch)
			rows, err := db.Query(t.Context(), test.second, pgx.QueryResultFormats{pgx.BinaryFormatCode}, 2)
			var read []int
			if err == nil {
				if before != 1 {
					t.Errorf("%s: the result of the batch is %d", name, before)
				}
				read, err = pgx.CollectRows(rows, pgx.RowTo[int])
			}
			if failed := err != nil; failed != test.fails || !failed && !slices.Equal(read, []int{2, 3}) {
				t.Errorf("%s: %v, %v", name, read, err)
			}
			if test.unwanted != nil && !errors.Is(err, test.unwanted) {
				t.Errorf("%s: %v", name, err)
			}
			// From then on, it is what it was made from.
			var after int
			if err := db.QueryRow(t.Context(), "SELECT 7").Scan(&after); err != nil || after != 7 {
				t.Errorf("%s: then %d, %v", name, after, err)
			}
			again, err := db.Query(t.Context(), "SELECT 8")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if read, err = pgx.CollectRows(again, pgx.RowTo[int]); err != nil || !slices.Equal(read, []int{8}) {
				t.Errorf("%s: then %v, %v", name, read, err)
			}
		}
	}
}

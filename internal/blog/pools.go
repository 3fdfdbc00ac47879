package blog

import (
	"cmp"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// pools are the connections of a replica. Readers, owners and uploads have separate ones, so that saves, logins, exports and large
// files never take a connection that a reader waits for.
type pools struct{ reader, editor, media *postgres.Pool }

func newPools(o Options) (p pools, err error) {
	for _, one := range []struct {
		pool **postgres.Pool
		name string
		size int32
	}{
		{&p.reader, "reader", o.ReaderConns},
		{&p.editor, "editor", cmp.Or(o.EditorConns, 4)},
		{&p.media, "media", cmp.Or(o.MediaConns, 2)},
	} {
		*one.pool, err = postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: one.size, ApplicationName: "echoblogs-blog-" + one.name})
		if err != nil {
			p.close()
			return pools{}, err
		}
	}
	return p, nil
}

func (p pools) close() {
	for _, pool := range []*postgres.Pool{p.reader, p.editor, p.media} {
		if pool != nil {
			pool.Close()
		}
	}
}

package blog

import (
	"cmp"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// pools are the connections of a replica. Readers and owners have separate ones, so that saves, logins and exports never
// take a connection that a reader waits for.
type pools struct{ reader, editor *postgres.Pool }

func newPools(o Options) (p pools, err error) {
	p.reader, err = postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: o.ReaderConns, ApplicationName: "echoblogs-blog-reader"})
	if err != nil {
		return pools{}, err
	}
	p.editor, err = postgres.NewPool(o.DatabaseURI, postgres.PoolOptions{MaxConns: cmp.Or(o.EditorConns, 4), ApplicationName: "echoblogs-blog-editor"})
	if err != nil {
		p.reader.Close()
		return pools{}, err
	}
	return p, nil
}

func (p pools) close() {
	p.reader.Close()
	p.editor.Close()
}

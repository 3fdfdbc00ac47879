// Package postgres connects to the database: bounded pools, the roles of the programs, and explanations of its errors.
package postgres

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PoolOptions configure a pool.
type PoolOptions struct {
	// MaxConns is the largest number of connections. Defaults to 8.
	MaxConns int32
	// ApplicationName is shown in pg_stat_activity. Defaults to "echoblogs".
	ApplicationName string
	// CA is the certificate of the authority that signed the server's, in PEM format. With it, connections use TLS and verify
	// the certificate. Defaults to what the address says, and the authorities of the system.
	CA string
	// Tracer traces every statement. Defaults to none.
	Tracer QueryTracer
}

const (
	connectTimeout = 5 * time.Second
	// A backend's catalog cache grows with every schema it touches, 76 MB at 1,000 schemas, and never shrinks: connections
	// are bounded in lifetime as well as in number.
	maxConnLifetime = 30 * time.Minute
	maxConnIdleTime = 5 * time.Minute
)

// sessionSettings are sent when a connection starts, because values are read and written as text: they apply whatever is set
// for the server, the database or the role. PgBouncer in transaction mode tracks exactly these for each client.
var sessionSettings = map[string]string{
	"client_encoding":             "UTF8",
	"datestyle":                   "ISO, MDY",
	"standard_conforming_strings": "on",
	"timezone":                    "UTC",
}

type (
	// Pool is a pool of connections.
	Pool = pgxpool.Pool
	// Conn is a connection.
	Conn = pgx.Conn
	// PoolStat is how a pool is used at one moment.
	PoolStat = pgxpool.Stat
	// QueryTracer traces statements.
	QueryTracer = pgx.QueryTracer
)

// NewPool returns a pool for the database at an address (see Address). It connects when it is first used, so an unavailable
// database is not an error here. Statements run in exec mode: one round trip and no prepared statement, so that they work behind PgBouncer in
// transaction mode and do not accumulate with the number of tenants.
func NewPool(address string, o PoolOptions) (*Pool, error) {
	config, err := poolConfig(address, o)
	if err != nil {
		return nil, err
	}
	config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		fresh, err := poolConfig(address, o)
		if err == nil {
			*conn = *fresh.ConnConfig
		}
		return err
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("create a connection pool: %w", err)
	}
	return pool, nil
}

// ConnConfig returns the configuration of one connection to the database at an address (see Address), outside of a pool.
func ConnConfig(address, applicationName string) (*pgx.ConnConfig, error) {
	config, err := poolConfig(address, PoolOptions{ApplicationName: applicationName})
	if err != nil {
		return nil, err
	}
	return config.ConnConfig, nil
}

func poolConfig(address string, o PoolOptions) (*pgxpool.Config, error) {
	uri, err := readAddress(address)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(uri)
	if err != nil {
		return nil, addressError(err)
	}
	if o.CA != "" {
		if err := trust(config.ConnConfig, o.CA); err != nil {
			return nil, err
		}
	}
	if o.ApplicationName == "" {
		o.ApplicationName = "echoblogs"
	}
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	config.MaxConns = o.MaxConns
	config.MaxConnLifetime = maxConnLifetime
	config.MaxConnLifetimeJitter = maxConnLifetime / 10
	config.MaxConnIdleTime = maxConnIdleTime
	config.ConnConfig.ConnectTimeout = connectTimeout
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.Tracer = o.Tracer
	for name := range config.ConnConfig.RuntimeParams { // from the address, and in any case
		if _, ours := sessionSettings[strings.ToLower(name)]; ours {
			delete(config.ConnConfig.RuntimeParams, name)
		}
	}
	maps.Copy(config.ConnConfig.RuntimeParams, sessionSettings)
	config.ConnConfig.RuntimeParams["application_name"] = o.ApplicationName
	return config, nil
}

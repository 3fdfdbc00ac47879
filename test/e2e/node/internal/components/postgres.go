package components

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// startPostgres starts a server outside of the cluster, at Address. It refuses connections without TLS, except its own.
func (c *Components) startPostgres(ctx context.Context) error {
	c.postgresMu.Lock()
	defer c.postgresMu.Unlock()
	if c.postgres != nil {
		return errors.New("start postgres: it is running")
	}
	files := filepath.Join(c.state, "postgres")
	settings, err := c.configurePostgres(files)
	if err != nil {
		return fmt.Errorf("configure Postgres: %w", err)
	}
	server, err := postgresserver.Start(ctx, postgresserver.Options{
		DataDir:         filepath.Join(files, "data"),
		Port:            5432,
		Settings:        settings,
		LogFile:         filepath.Join(c.logs(), "postgres.log"),
		StopWithProcess: true,
	})
	if err != nil {
		return err
	}
	c.postgres = server
	return os.WriteFile(PostgresURIFile(c.state), []byte(server.URI("postgres")), 0o600)
}

func (c *Components) stopPostgres(ctx context.Context) error {
	c.postgresMu.Lock()
	defer c.postgresMu.Unlock()
	if c.postgres == nil {
		return errors.New("stop postgres: it is not running")
	}
	server := c.postgres
	c.postgres = nil
	if err := server.Stop(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil // it has ended in either case: a checkpoint may take longer than ctx
}

// PostgresURIFile returns the file with the administrator's connection string, without TLS on the loopback address.
func PostgresURIFile(state string) string { return filepath.Join(state, "postgres", "uri") }

// configurePostgres writes the files that the server reads, and returns its parameters.
func (c *Components) configurePostgres(folder string) (map[string]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	rules := "local all all scram-sha-256\n" +
		"host all all 127.0.0.1/32 scram-sha-256\n" +
		"hostssl all all 0.0.0.0/0 scram-sha-256\n"
	rulesFile := filepath.Join(folder, "pg_hba.conf")
	if err := os.WriteFile(rulesFile, []byte(rules), 0o644); err != nil {
		return nil, err
	}
	credential, err := postgresserver.Credential()
	if err != nil {
		return nil, err
	}
	settings := map[string]string{
		"listen_addresses": "127.0.0.1," + Address,
		"max_connections":  "300",
		"fsync":            "off",
		"hba_file":         rulesFile,
		"ssl":              "on",
	}
	for setting, name := range map[string]string{"ssl_cert_file": "postgres.crt", "ssl_key_file": "postgres.key"} {
		content, err := os.ReadFile(c.certificate(name))
		if err != nil {
			return nil, err
		}
		// The server does not run as root, and requires to be the only one that reads the key.
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return nil, err
		}
		if credential != nil {
			if err := os.Chown(file, int(credential.Uid), int(credential.Gid)); err != nil {
				return nil, err
			}
		}
		settings[setting] = file
	}
	return settings, nil
}

package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// trust makes connections verify the server's certificate against an authority's, in PEM format. With verify-ca, as in libpq,
// the certificate may be for another host name.
func trust(config *pgx.ConnConfig, ca string) error {
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM([]byte(ca)) {
		return errors.New("the certificate of the database's authority is not in PEM format")
	}
	verified := func(host string, from *tls.Config) *tls.Config {
		if from == nil {
			from = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		from.RootCAs = authorities
		if from.VerifyPeerCertificate == nil { // it is the driver's check of verify-ca
			from.InsecureSkipVerify, from.ServerName = false, host
		}
		return from
	}
	config.TLSConfig = verified(config.Host, config.TLSConfig)
	var fallbacks []*pgconn.FallbackConfig
	for _, f := range config.Fallbacks { // the other hosts, and without TLS the same ones again
		if f.TLSConfig != nil || f.Host != config.Host || f.Port != config.Port {
			f.TLSConfig = verified(f.Host, f.TLSConfig)
			fallbacks = append(fallbacks, f)
		}
	}
	config.Fallbacks = fallbacks
	return nil
}

// explainTLS explains why a connection has no TLS, or "" if err is about something else.
func explainTLS(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		answer   *pgconn.PgError
	)
	switch {
	case errors.As(err, &unknown):
		issuer := "an unknown authority"
		if unknown.Cert != nil && unknown.Cert.Issuer.String() != "" {
			issuer = fmt.Sprintf("%.200q", unknown.Cert.Issuer.String())
		}
		return "The certificate of the database was issued by " + issuer + ", which is not trusted. Set the Platform's spec.database.caSecretRef, or sslrootcert in the address, to the certificate of that authority."
	case errors.As(err, &hostname):
		return "The certificate of the database is for another host name. Use the name of the certificate in the address, or sslmode=verify-ca."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The certificate of the database has expired, or is not valid yet. Renew it."
	case errors.As(err, &invalid):
		return "The certificate of the database is not valid."
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "The database does not offer TLS. Turn it on there (ssl = on), or use sslmode=disable in the address."
	case errors.As(err, &answer) && answer.Code == "28000" && strings.Contains(answer.Message, "no encryption"):
		return "The database has no entry in pg_hba.conf for this user without TLS. Use sslmode=verify-full in the address."
	}
	return ""
}

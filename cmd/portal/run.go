package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/echoblogs/echoblogs/internal/mail/transport"
	"github.com/echoblogs/echoblogs/internal/portal"
	"github.com/echoblogs/echoblogs/internal/version"
	"github.com/echoblogs/echoblogs/internal/web"
)

type runOptions struct {
	address, metricsAddress string
	location                location
	trustedProxies          []string
	mail                    mailOptions
	portal                  portal.Options
}

func runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Serve the public site",
		Long: `Serve the public site until SIGTERM or SIGINT.

The address of the database is read from the environment variable ECHOBLOGS_DATABASE_URI, or from the file that
ECHOBLOGS_DATABASE_URI_FILE names. The user name and password of the mail server are read from ECHOBLOGS_SMTP_USERNAME and
ECHOBLOGS_SMTP_PASSWORD, or from the files that ECHOBLOGS_SMTP_USERNAME_FILE and ECHOBLOGS_SMTP_PASSWORD_FILE name. The
files are read again for each new connection, and for each email.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.address, "address", ":8080", "the address on which to serve the site, /healthz and /readyz")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8081", "the address on which to serve Prometheus metrics; 0 disables them")
	o.location.register(flags)
	flags.StringSliceVar(&o.trustedProxies, "trusted-proxies", nil, "addresses or networks whose X-Forwarded-For header is trusted, such as 10.0.0.0/8")
	flags.StringVar(&o.portal.DNSServer, "dns-server", "", "the address of the DNS server that is asked for the records of custom domains, such as 10.0.0.10:53; defaults to the system's")
	flags.BoolVar(&o.portal.ConfirmFirst, "confirm-first", false, "create a blog only after its owner has confirmed the email address")
	flags.IntVar(&o.portal.RegistrationsPerHour, "registrations-per-hour", 10, "the maximum number of sign-ups from a network address in an hour")
	flags.IntVar(&o.portal.RefusedPerHour, "refused-registrations-per-hour", 60, "the maximum number of refused sign-ups from a network address in an hour")
	flags.Int32Var(&o.portal.MaxConns, "max-connections", 8, "the maximum number of connections to the database")
	flags.BoolVar(&o.portal.AccessLog, "access-log", false, "log every request")
	flags.StringVar(&o.mail.from, "mail-from", "", "the sender of emails, such as 'Blogs <noreply@example.com>'")
	flags.StringVar(&o.mail.folder, "mail-folder", "", "write emails into this folder instead of sending them")
	flags.BoolVar(&o.mail.none, "no-mail", false, "send no emails: users can neither confirm their addresses nor reset their passwords")
	flags.StringVar(&o.mail.smtp.Host, "smtp-host", "", "the mail server, as its certificate names it")
	flags.IntVar(&o.mail.smtp.Port, "smtp-port", 0, "the port of the mail server (default 587 with starttls, 465 with implicit, 25 with none)")
	flags.StringVar((*string)(&o.mail.smtp.Security), "smtp-tls", string(transport.SMTPStartTLS), "the security of the connection to the mail server: starttls, implicit (TLS from the start), or none, for servers on the same machine")
	return cmd
}

func run(ctx context.Context, o runOptions) error {
	_, _ = memlimit.Set() // GOMEMLIMIT is 90% of the container's limit; an error says that there is none
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	log.LogAttrs(ctx, slog.LevelInfo, "Starting", slog.String("version", version.Get().Version), slog.String("revision", version.Get().Revision))
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))
	options, err := o.complete(log)
	if err != nil {
		return err
	}
	site, err := portal.New(options)
	if err != nil {
		return err
	}
	defer site.Close()
	endpoints := []web.Endpoint{{Name: "public site", Address: o.address, Handler: site.Handler()}}
	if o.metricsAddress != "0" {
		endpoints = append(endpoints, web.Endpoint{Name: "metrics", Address: o.metricsAddress, Handler: metrics(site)})
	}
	serving, stopServing := context.WithCancelCause(ctx)
	defer stopServing(nil)
	// Background work continues until the last request has been answered.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	stopped := make(chan error, 1)
	go func() {
		err := site.Run(working)
		if err != nil {
			stopServing(err)
		}
		stopped <- err
	}()
	err = web.Serve(serving, log, endpoints...)
	stop()
	log.LogAttrs(ctx, slog.LevelInfo, "Stopped serving, finishing background work")
	return errors.Join(err, <-stopped)
}

// complete adds the options that are not flags.
func (o runOptions) complete(log *slog.Logger) (portal.Options, error) {
	options := o.portal
	options.Log = log
	err := o.location.complete(&options)
	if err != nil {
		return options, err
	}
	if options.TrustedProxies, err = networks(o.trustedProxies); err != nil {
		return options, err
	}
	options.Mailer, err = o.mail.transport()
	return options, err
}

// networks parses addresses and networks.
func networks(texts []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); addressErr == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q is neither an address nor a network such as 10.0.0.0/8", text)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

func metrics(site *portal.Portal) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), version.Collector())
	registry.MustRegister(site.Collectors()...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

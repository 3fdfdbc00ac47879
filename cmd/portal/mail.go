package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/mail/transport"
	"github.com/echoblogs/echoblogs/internal/web"
)

// mailOptions say how emails are sent.
type mailOptions struct {
	none         bool
	from, folder string
	smtp         transport.SMTPOptions
}

func (o mailOptions) transport() (mail.Transport, error) {
	switch {
	case o.none:
		return transport.None{}, nil
	case o.folder != "":
		return transport.Folder{Path: o.folder, From: cmp.Or(o.from, "EchoBlogs <noreply@localhost>")}, nil
	case o.smtp.Host == "":
		return nil, errors.New("set --smtp-host to send emails, or --no-mail to send none")
	case o.from == "":
		return nil, errors.New("set --mail-from to the sender of emails")
	}
	o.smtp.From = o.from
	_, err := mailServer(o.smtp).transport()
	return mailServer(o.smtp), err
}

// mailServer sends emails through a mail server. It reads the credentials again for each email, because they may be in a
// mounted Secret that changes.
type mailServer transport.SMTPOptions

// Send implements mail.Transport.
func (s mailServer) Send(ctx context.Context, m mail.Message) error {
	server, err := s.transport()
	if err != nil {
		return err
	}
	return server.Send(ctx, m)
}

func (s mailServer) transport() (*transport.SMTP, error) {
	var err error
	if s.Username, err = web.SecretFromEnv("ECHOBLOGS_SMTP_USERNAME"); err != nil {
		return nil, err
	}
	if s.Password, err = web.SecretFromEnv("ECHOBLOGS_SMTP_PASSWORD"); err != nil {
		return nil, err
	}
	return transport.NewSMTP(transport.SMTPOptions(s))
}

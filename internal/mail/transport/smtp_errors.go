package transport

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

var (
	errTimeout         = errors.New("the server took too long")
	errUnexpectedReply = errors.New("unexpected reply")
)

// timeoutOr returns err, unless ctx has ended: that is then what broke the connection, and timeoutOr returns errTimeout or
// the error of ctx. The connection has the same deadline as ctx and may fail before ctx reports its end, so the clock
// decides.
func timeoutOr(ctx context.Context, err error) error {
	if deadline, limited := ctx.Deadline(); limited && !time.Now().Before(deadline) {
		return errTimeout
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

var enhancedStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// replyError returns err without the text of the server's reply.
func replyError(err error) error {
	var (
		reply     *textproto.Error
		malformed textproto.ProtocolError
	)
	switch {
	case errors.As(err, &reply):
		return codeError(reply.Code, enhancedStatus.FindString(reply.Msg))
	case errors.As(err, &malformed):
		return errUnexpectedReply
	}
	return err
}

// authError is replyError for authentication, where other errors may repeat what the server sent as well.
func authError(err error) error {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return replyError(err)
	}
	return errUnexpectedReply
}

// sendError returns an error with the code of the reply that refused an email. It is permanent if the recipient or the text
// was permanently refused, but not for a refusal by policy (5.7.x), such as to relay for this site: administrators can fix
// that, and the email waits.
func sendError(err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return errUnexpectedReply
	}
	if failed.ErrorCode() == 0 {
		return fmt.Errorf("%s: no reply", failed.Reason)
	}
	err = fmt.Errorf("%s: %w", failed.Reason, codeError(failed.ErrorCode(), failed.EnhancedStatusCode()))
	refused := failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPDataClose
	if refused && failed.ErrorCode() >= 500 && !strings.HasPrefix(failed.EnhancedStatusCode(), "5.7.") {
		return &outbox.PermanentError{Err: err}
	}
	return err
}

func codeError(code int, status string) error {
	return errors.New(strings.TrimSpace(fmt.Sprintf("the server replied %d %s", code, status)))
}

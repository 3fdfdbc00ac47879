package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// maxLogin is the size, in bytes, at which a login is truncated: no user name or email address is longer.
const maxLogin = maxEmail

// ErrWrongPassword is returned when no account has the login, or when the password is wrong. LogIn does not tell which.
var ErrWrongPassword = errors.New("wrong user name, email address or password")

// Refusal is why a user with the right password may not log in.
type Refusal string

// The refusals.
const (
	// RefusedRegistering users wait for their blog.
	RefusedRegistering Refusal = "registering"
	// RefusedUnconfirmed users have to confirm their email address before their blog is created.
	RefusedUnconfirmed Refusal = "unconfirmed"
	// RefusedLocked users were locked by staff.
	RefusedLocked Refusal = "locked"
	// RefusedPending users have a Tenant whose blog is not yet, or no longer, in the registry.
	RefusedPending Refusal = "pending"
	// RefusedOrphaned users have no blog.
	RefusedOrphaned Refusal = "orphaned"
)

// RefusedError is returned when the password is right, but the user may not log in.
type RefusedError struct {
	Refusal Refusal
	// UserID is the ID of the user, who has proved who they are.
	UserID int64
}

func (e *RefusedError) Error() string { return "login refused: " + string(e.Refusal) }

// Browser is the browser in which a session starts.
type Browser struct {
	// Address is the network address, as rate limits count it.
	Address   string
	UserAgent string
	// Token is the token of the browser's previous session, which is ended. Empty: none.
	Token string
	// ID is the random ID in the browser's cookie, by which an account knows it again. Empty: none.
	ID string
}

// LogIn starts a session and returns its token. login is a user name or an email address. Errors are ErrWrongPassword,
// *RefusedError, *ratelimit.ExceededError and ErrBusy. It takes the same time whether or not the account
// exists.
func (s *Service) LogIn(ctx context.Context, login, password string, b Browser) (token string, err error) {
	user, err := s.checkLogin(ctx, loginKey(login), password, b)
	if err == nil {
		err = s.checkMayLogIn(ctx, &user)
	}
	var refused *RefusedError
	if errors.Is(err, ErrWrongPassword) || errors.As(err, &refused) {
		s.metrics.logins.WithLabelValues("refused").Inc()
	}
	if err != nil {
		return "", err
	}
	token, err = insertSession(ctx, s.db, user.ID, user.PasswordHash, b, s.now())
	if errors.Is(err, ErrNotFound) { // the password or the account has changed since
		err = ErrWrongPassword
	}
	if err != nil {
		return "", err
	}
	s.metrics.logins.WithLabelValues("succeeded").Inc()
	return token, nil
}

// loginKey returns the form in which a login is looked up and counted.
func loginKey(login string) string {
	key := naming.EmailKey(login)
	return strings.ToValidUTF8(key[:min(len(key), maxLogin)], "")
}

// checkLogin returns the user with a login and password. It counts the attempt before it checks the password, so that
// concurrent attempts cannot exceed the limit.
func (s *Service) checkLogin(ctx context.Context, key, password string, b Browser) (User, error) {
	known, err := s.takeLogin(ctx, key, b)
	if err != nil {
		return User{}, err
	}
	user, err := findUser(ctx, s.db, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, err
	}
	right, err := s.hasher.Verify(ctx, b.Address, password, user.PasswordHash)
	switch {
	case err != nil:
		return User{}, fmt.Errorf("verify password: %w", err)
	case !right:
		return User{}, ErrWrongPassword
	case known:
		return user, ratelimit.Reset(ctx, s.db, loginsByBrowser, b.subject(key))
	}
	// Of the others only one attempt is refunded: attackers must not get more attempts at other accounts by logging in to
	// their own, or more at an account because its owner logs in.
	return user, errors.Join(
		ratelimit.Reset(ctx, s.db, loginsByNetworkAndAccount, b.network(key)),
		ratelimit.Refund(ctx, s.db, loginsByNetwork, b.Address),
		ratelimit.Refund(ctx, s.db, loginsByAccount, key),
	)
}

// takeLogin counts a login, and reports whether the browser is known to the account.
func (s *Service) takeLogin(ctx context.Context, key string, b Browser) (known bool, err error) {
	now := s.now()
	if known, err = isKnownBrowser(ctx, s.db, b, key, now); err != nil {
		return false, err
	}
	if known {
		return true, ratelimit.Take(ctx, s.db, loginsByBrowser, b.subject(key), now)
	}
	return false, ratelimit.TakeAll(ctx, s.db, now,
		ratelimit.Attempt{Limit: loginsByNetwork, Subject: b.Address},
		ratelimit.Attempt{Limit: loginsByNetworkAndAccount, Subject: b.network(key)},
		ratelimit.Attempt{Limit: loginsByAccount, Subject: key},
	)
}

// checkMayLogIn returns a *RefusedError if a user may not log in.
func (s *Service) checkMayLogIn(ctx context.Context, user *User) error {
	switch user.State {
	case Registering:
		return s.explainRegistering(ctx, user)
	case Locked:
		return &RefusedError{Refusal: RefusedLocked, UserID: user.ID}
	}
	var may bool
	err := s.db.QueryRow(ctx, `SELECT `+mayLogIn+` FROM public.users u WHERE u.id = $1`, user.ID).Scan(&may)
	switch {
	case err != nil:
		return fmt.Errorf("check whether user %d may log in: %w", user.ID, err)
	case may:
		return nil
	}
	return s.explainNoBlog(ctx, user)
}

// explainRegistering returns the *RefusedError of a user whose sign-up has not completed.
func (s *Service) explainRegistering(ctx context.Context, user *User) error {
	var confirming bool
	err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.registrations WHERE user_id = $1 AND state = 'confirming')`, user.ID).Scan(&confirming)
	switch {
	case err != nil:
		return fmt.Errorf("read the registration of user %d: %w", user.ID, err)
	case confirming:
		return &RefusedError{Refusal: RefusedUnconfirmed, UserID: user.ID}
	}
	return &RefusedError{Refusal: RefusedRegistering, UserID: user.ID}
}

// explainNoBlog returns the *RefusedError of a user who has neither a blog nor a deleted one whose data is retained.
func (s *Service) explainNoBlog(ctx context.Context, user *User) error {
	has, err := s.blogs.HasBlog(ctx, user.Username)
	switch {
	case err != nil:
		return err
	case has:
		return &RefusedError{Refusal: RefusedPending, UserID: user.ID}
	}
	return &RefusedError{Refusal: RefusedOrphaned, UserID: user.ID}
}

// StartSession starts a session of a user who proved who they are by something other than the password, and returns its
// token. It returns ErrNotFound if the user is not active, or is staff: staff always enter their password.
func (s *Service) StartSession(ctx context.Context, userID int64, b Browser) (token string, err error) {
	return insertSession(ctx, s.db, userID, "", b, s.now())
}

// Authenticate returns the session with a token and its user, or ErrNotFound. It extends the session.
func (s *Service) Authenticate(ctx context.Context, token string) (Session, User, error) {
	now := s.now()
	session, user, err := findSession(ctx, s.db, token, now)
	if err == nil && now.Sub(session.SeenAt) >= renewal {
		err = renewSession(ctx, s.db, &session, now)
	}
	return session, user, err
}

// Sessions lists a user's sessions, the last used first.
func (s *Service) Sessions(ctx context.Context, userID int64) ([]Session, error) {
	return listSessions(ctx, s.db, userID, s.now())
}

// EndSession ends a session of a user, and the sessions on blogs that came from it. It is not an error if the session has
// already ended.
func (s *Service) EndSession(ctx context.Context, userID, id int64) error {
	return deleteSession(ctx, s.db, userID, id)
}

// EndSessions ends all sessions of a user but the one with the ID keep, and the sessions on blogs that came from them.
// If keep is 0, it ends all.
func (s *Service) EndSessions(ctx context.Context, userID, keep int64) error {
	return deleteSessions(ctx, s.db, userID, keep)
}

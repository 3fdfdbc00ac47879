package mail

import "context"

// PasswordChanged tells a user that their password was changed.
type PasswordChanged struct {
	UserID int64 `json:"userID"`
}

func init() { register[PasswordChanged]() }

func (p PasswordChanged) header() header { return header{kind: "password_changed", userID: p.UserID} }

func (p PasswordChanged) write(ctx context.Context, s *Sender) (mailData, error) {
	person, err := s.People.PersonByID(ctx, p.UserID)
	return mailData{To: person.Email, Username: person.Username}, err
}

package mail

import (
	"context"
	"time"
)

// BlogDate is the data of the emails that inform the owner of a blog about a date.
type BlogDate struct {
	// UserID is the owner's.
	UserID int64 `json:"userID"`
	// Tenant is the name of the Tenant.
	Tenant string `json:"tenant"`
	// Day is the date, in UTC.
	Day time.Time `json:"day"`
}

// writeBlogDate returns the data for the text of such an email, which links to the owner's account.
func (s *Sender) writeBlogDate(ctx context.Context, b BlogDate) (mailData, error) {
	person, err := s.People.PersonByID(ctx, b.UserID)
	if err != nil {
		return mailData{}, err
	}
	return mailData{
		To: person.Email, Username: person.Username, Path: "/account/", Tenant: b.Tenant, Blog: s.BlogURL(ctx, b.Tenant), Day: b.Day,
	}, nil
}

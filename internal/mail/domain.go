package mail

import (
	"context"
	"time"
)

// Domain is the data of the emails about a custom domain whose TXT record is absent.
type Domain struct {
	// UserID is the owner's.
	UserID int64 `json:"userID"`
	// Tenant is the name of the Tenant, and Host the domain.
	Tenant string `json:"tenant"`
	Host   string `json:"host"`
	// Record and Value are the name and the value of the TXT record that proves the domain.
	Record string `json:"record"`
	Value  string `json:"value"`
	// Day is the date on which the blog loses the domain if the record stays absent, in UTC. DomainLost has none.
	Day time.Time `json:"day,omitzero"`
	// Served says that the blog is still served at a domain that it has lost, until another blog proves the domain.
	Served bool `json:"served,omitempty"`
}

// writeDomain returns the data for the text of such an email, which links to the settings of the blog.
func (s *Sender) writeDomain(ctx context.Context, d Domain) (mailData, error) {
	person, err := s.People.PersonByID(ctx, d.UserID)
	if err != nil {
		return mailData{}, err
	}
	return mailData{
		To: person.Email, Username: person.Username, Path: "/account/" + d.Tenant + "/", Tenant: d.Tenant, Blog: s.BlogURL(ctx, d.Tenant),
		Day: d.Day, Domain: d,
	}, nil
}
